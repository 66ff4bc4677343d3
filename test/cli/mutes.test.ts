import { describe, expect, it } from "vitest";
import { cli, folder, HEADER, ROW } from "./run-cli.ts";

describe("vantageflow detect mute", () => {
  it("keeps who said what of which detections and why, shows it and takes it back", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW });
    await cli(["ingest", "a.csv"], { cwd });
    const ran = (args: string[]) => cli(["detect", ...args], { cwd });
    const one = await ran(["mute", "FAB-TEM-001", "--at", "2025-01-01T00:00:00Z", "--why", "a\tdoor", "--by", "me"]);
    expect([one.code, one.stderr]).toEqual([
      0,
      expect.stringMatching(/^Take it back: vantageflow detect unmute \w{8}\n$/),
    ]);
    const time = "2025-01-01T00:00:00.000Z";
    expect(one.stdout).toMatch(new RegExp(`^\\w{8}\tFAB-TEM-001\t${time}\t${time}\tme\ta.*door\n$`));
    await ran(["mute", "FAB-TEM-001", "--why", "new pump", "--from", "2025-02-01"]);
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
    [["unmute", "x"], "no mute has this id or device"],
  ])("says what is wrong: %j", async (args, why) => {
    const cwd = folder({ "a.csv": HEADER + ROW });
    await cli(["ingest", "a.csv"], { cwd });
    const { code, stderr } = await cli(["detect", ...args], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});
