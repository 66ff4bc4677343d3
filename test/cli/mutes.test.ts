import { describe, expect, it } from "vitest";
import { cli, folder, HEADER, ROW } from "./run-cli.ts";

const START = Date.UTC(2025, 0, 1);

describe("vantageflow detect mute", () => {
  it("keeps who said what of which detections and why, shows it and takes it back", async () => {
    const lines = Array.from(
      { length: 400 },
      (_, i) =>
        `${new Date(START + 300_000 * i).toISOString()},FAB-TEM-001,${i === 300 ? 900 : 20 + Math.sin(i)},C,0\n`,
    );
    const cwd = folder({ "a.csv": HEADER + lines.join("") });
    await cli(["ingest", "a.csv"], { cwd });
    await cli(["tables", "sync"], { cwd });
    await cli(["detect"], { cwd });
    const ran = (args: string[]) => cli(["detect", ...args], { cwd });
    const time = new Date(START + 300_000 * 300).toISOString();
    const one = await ran(["mute", "FAB-TEM-001", "--at", time.replace(".000", ""), "--why", "a\tdoor", "--by", "me"]);
    expect([one.code, one.stderr]).toEqual([
      0,
      expect.stringMatching(/^1 detection of it is muted\.\nTake it back: vantageflow detect unmute \w{8}\n$/),
    ]);
    const off = await ran(["mute", "FAB-TEM-001", "--at", "2025-01-01T01:00", "--why", "a door"]);
    expect([off.code, off.stderr]).toEqual([
      2,
      `vantageflow: Cannot mute: "FAB-TEM-001" has no detection of 2025-01-01T01:00:00.000Z. The nearest is of ${time} (spike or unusual value). Times are UTC where they name no zone.\n`,
    ]);
    expect(one.stdout).toMatch(new RegExp(`^\\w{8}\tFAB-TEM-001\t${time}\t${time}\tme\ta.*door\n$`));
    const later = await ran(["mute", "FAB-TEM-001", "--why", "new pump", "--from", "2025-02-01"]);
    expect(later.stderr).toMatch(/^There is no such detection yet\.\n/);
    const { mutes } = JSON.parse((await ran(["mutes", "--json"])).stdout);
    expect(mutes).toMatchObject([
      { device_id: "FAB-TEM-001", from: time, to: time, who: "me", why: "a\tdoor" },
      { from: "2025-02-01T00:00:00.000Z", to: null, who: expect.stringMatching(/./) },
    ]);
    expect((await ran(["unmute", "FAB-TEM-001"])).stderr).toBe("Took back 2 mutes.\n");
    expect((await ran(["mutes"])).stderr).toBe("Nothing is muted.\n");
  });

  it.each([
    [["mute", "x"], "--why"],
    [["mute", "x", "--why", " "], "--why is a text of 1 to 500 characters"],
    [["mute", "x", "--why", "y", "--at", "2025-01-01", "--to", "2025-01-02"], "--at is of one detection"],
    [["mute", "x", "--why", "y", "--from", "2025-01-02", "--to", "2025-01-01"], "--to is before --from"],
    [["mute", "x", "--why", "y", "--at", "2025-01-01"], 'nothing is told of "x"'],
    [["mute", "x", "--why", "y", "--since", "7d"], "option '--since <time>' is none of detect mute"],
    [["--since", "7d", "mutes"], "option '--since <time>' is none of detect mutes"],
    [["unmute", "x"], "no mute has this id or device"],
  ])("says what is wrong: %j", async (args, why) => {
    const cwd = folder({ "a.csv": HEADER + ROW });
    await cli(["ingest", "a.csv"], { cwd });
    const { code, stderr } = await cli(["detect", ...args], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});
