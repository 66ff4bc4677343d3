import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DETECTOR_VERSION } from "../../src/detection/state.ts";
import { series } from "../detection/streams.ts";
import { cli, folder, HEADER } from "./run-cli.ts";

const START = Date.UTC(2025, 0, 1);
const timeOf = (i: number) => new Date(START + i * 300_000).toISOString();

/** Some days of a device that hums around 20, and jumps once. */
const HUM = series("noise", 3, 1200);
const readingOf = (i: number) => (i === 900 ? 75 : Number(HUM[i].toFixed(3)));
const DAYS = 1200;
const csv = (name: (i: number) => string = timeOf) =>
  `time,value\n${Array.from({ length: DAYS }, (_, i) => `${name(i)},${readingOf(i)}\n`).join("")}`;

const JUMP = { timestamp: timeOf(900), value: 75, reason: "spike" };

describe("vantageflow detect", () => {
  it("finds in a file what is odd, says why, and gives every row a score when asked", async () => {
    const cwd = folder({ "a.csv": csv() });
    const { code, stdout } = await cli(["detect", "--input", "a.csv", "--json"], { cwd });
    const { detections, devices } = JSON.parse(stdout);
    expect([code, devices, detections]).toEqual([0, 1, [expect.objectContaining({ ...JUMP, device_id: "" })]]);
    expect(detections[0].expected).toBeGreaterThan(detections[0].band[0]);
    expect(detections[0].band[1]).toBeLessThan(75);
    const text = await cli(["detect", "--input", "a.csv"], { cwd });
    expect(text.stdout).toMatch(/^2025-01-04T03:00:00\.000Z\t\t75\t\S+\t\S+\tspike or unusual value\n$/);
    expect(text.stderr).toBe("1 detection of 1 device.\n");
    const scores = (await cli(["detect", "--input", "a.csv", "--scores"], { cwd })).stdout.trim().split("\n");
    expect([scores.length, scores[0]]).toEqual([DAYS + 1, "timestamp,value,score"]);
    const told = scores.slice(1).filter((line) => !line.endsWith(",0"));
    expect(told).toEqual([expect.stringMatching(/^2025-01-04T03:00:00\.000Z,75,0\.8\d+$/)]);
  });

  it("reads other times, columns of devices, and standard input", async () => {
    const seconds = csv((i) => String((START + i * 300_000) / 1000));
    const blanks = csv((i) => timeOf(i).slice(0, 19).replace("T", " "));
    for (const text of [seconds, blanks]) {
      const cwd = folder({ "a.csv": text });
      const { stdout } = await cli(["detect", "--input", "a.csv", "--json"], { cwd });
      expect(JSON.parse(stdout).detections).toEqual([expect.objectContaining(JUMP)]);
    }
    const rows = Array.from(
      { length: DAYS },
      (_, i) => `quiet,${timeOf(i)},5,C\nloud,${timeOf(i)},${readingOf(i)},C\n`,
    );
    const cwd = folder({ "two.csv": `device_id,timestamp,value,unit\n${rows.join("")}` });
    const input = fs.readFileSync(join(cwd, "two.csv"));
    const both = JSON.parse((await cli(["detect", "--input", "-", "--json"], { cwd, input })).stdout);
    expect([both.devices, both.detections]).toEqual([2, [expect.objectContaining({ ...JUMP, device_id: "loud" })]]);
    const quiet = await cli(["detect", "--input", "two.csv", "--device", "quiet", "--json"], { cwd });
    expect(JSON.parse(quiet.stdout)).toMatchObject({ devices: 1, detections: [] });
  });

  it("says which rows it left out, and what it cannot read", async () => {
    const lines = csv().trim().split("\n");
    const odd = [...lines.slice(0, 10), "yesterday,5", `${timeOf(9)},none`, ...lines.slice(8)].join("\n");
    const cwd = folder({ "odd.csv": odd, "other.csv": "a,b,c\n1,2,3\n", "empty.csv": "" });
    fs.writeFileSync(join(cwd, "twice.csv"), "time,value,value\n2025-01-01,1,2\n");
    fs.writeFileSync(join(cwd, "open.csv"), `time,value\n"${"x".repeat(1_100_000)}\n`);
    const left = await cli(["detect", "--input", "odd.csv", "--json"], { cwd });
    expect([left.code, JSON.parse(left.stdout).detections.length]).toEqual([1, 1]);
    expect(left.stderr).toContain("2 readings of a time that its device had already reported did not count.");
    expect(left.stderr).toContain(
      "Without 2 rows that have no time or no value, the first is row 10 below the header.",
    );
    for (const [file, why] of [
      ["other.csv", 'its columns are "a", "b", "c"'],
      ["empty.csv", 'Cannot read "empty.csv": it is empty'],
      ["twice.csv", 'it has two columns "value"'],
      ["open.csv", "the row that begins in line 2 is longer than 1048576 bytes"],
      [".", "it is a folder"],
      ["s3://bucket/a.csv", "Bring it: aws s3 cp s3://bucket/a.csv - | vantageflow detect --input -"],
      ["none.csv", "there is no such file"],
    ] as const) {
      const { code, stderr } = await cli(["detect", "--input", file], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    }
    for (const [args, why] of [
      [["--input", "odd.csv", "--one-in", "soon"], "Write 90s, 30m, 24h or 7d"],
      [["--input", "odd.csv", "--scores", "--since", "24h"], "Leave out --since and --json"],
      [["--input", "odd.csv", "lake"], "Name one of them"],
      [["--scores"], "Add --input FILE"],
      [["--input", "odd.csv", "--muted"], "Leave out --muted"],
    ] as const) {
      const { code, stderr } = await cli(["detect", ...args], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
    }
    const few = await cli(["detect", "--input", "-"], { cwd, input: "id,ts,temperature\n1,2025-01-01,5\n" });
    expect([few.code, few.stderr]).toEqual([1, expect.stringContaining('"id", "ts", "temperature"')]);
    const young = await cli(["detect", "--input", "-"], { cwd, input: "id,ts,value\n1,2025-01-01,5\n\n" });
    expect([young.code, young.stderr]).toEqual([0, expect.stringContaining("No device has 150 readings yet")]);
  });

  it("finds the same in the table of a lake, whatever batches it came in, and says where there is none", async () => {
    const row = (i: number) => `${timeOf(i)},loud,${readingOf(i)},C,0.1\n${timeOf(i)},quiet,5,C,0.1\n`;
    const part = (from: number, to: number) =>
      HEADER + Array.from({ length: to - from }, (_, i) => row(from + i)).join("");
    const cwd = folder({ "lake/bronze/b.csv": part(500, DAYS), "more/a.csv": part(0, 500) });
    await cli(["run"], { cwd });
    const none = await cli(["detect"], { cwd });
    expect([none.code, none.stderr]).toEqual([0, expect.stringContaining("Make it: vantageflow tables sync")]);
    await cli(["tables", "sync"], { cwd });
    await cli(["ingest", "more/a.csv"], { cwd });
    expect((await cli(["detect"], { cwd })).stderr).toMatch(
      /\n1 batch not in the table yet: vantageflow tables sync, then this again\.\n$/,
    );
    await cli(["tables", "sync"], { cwd });
    const { detections, devices } = JSON.parse((await cli(["detect", "--json"], { cwd })).stdout);
    expect([devices, detections]).toEqual([2, [expect.objectContaining({ ...JUMP, device_id: "loud" })]]);
    const quiet = await cli(["detect", "--device", "quiet", "--json"], { cwd });
    expect(JSON.parse(quiet.stdout)).toMatchObject({ devices: 1, detections: [] });
    const since = await cli(["detect", "--since", "2025-01-04T04:00:00Z", "--json"], { cwd });
    expect(JSON.parse(since.stdout).detections).toEqual([]);
  });

  it("leaves out what is muted and says so; asked, it says who muted it and why", async () => {
    const rows = Array.from({ length: DAYS }, (_, i) => `${timeOf(i)},loud,${readingOf(i)},C,0.1\n`).join("");
    const cwd = folder({ "lake/bronze/a.csv": HEADER + rows });
    for (const args of [["run"], ["tables", "sync"], ["detect"]]) await cli(args, { cwd });
    const mute = ["detect", "mute", "loud", "--at", JUMP.timestamp, "--why", "the door stood open", "--by", "me"];
    await cli(mute, { cwd });
    const left = await cli(["detect"], { cwd });
    expect(left).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "0 detections of 1 device, without 1 muted: vantageflow detect --muted\n",
    });
    const all = await cli(["detect", "--muted"], { cwd });
    expect(all.stdout).toMatch(/\tloud\t75\t\S+\t\S+\tspike or unusual value\tme: the door stood open\n$/);
    expect(all.stderr).toBe("1 detection of 1 device.\n");
    const { detections } = JSON.parse((await cli(["detect", "--json"], { cwd })).stdout);
    expect(detections).toMatchObject([
      { ...JUMP, muted: { id: expect.any(String), who: "me", why: "the door stood open" } },
    ]);
    await cli(["detect", "unmute", "loud"], { cwd });
    expect(JSON.parse((await cli(["detect", "--json"], { cwd })).stdout).detections).toMatchObject([{ muted: null }]);
  });

  it("keeps what it finds: a trial changes nothing, verify sees what is gone, vacuum and a rebuild know the table", async () => {
    const row = (i: number) => `${timeOf(i)},loud,${readingOf(i)},C,0.1\n`;
    const csvText = HEADER + Array.from({ length: DAYS }, (_, i) => row(i)).join("");
    const cwd = folder({ "lake/bronze/a.csv": csvText });
    await cli(["run"], { cwd });
    await cli(["tables", "sync"], { cwd });
    const files = () => fs.readdirSync(join(cwd, "lake/tables"), { recursive: true }).map(String).sort();
    const before = files();
    const trial = JSON.parse((await cli(["detect", "--one-in", "1h", "--json"], { cwd })).stdout);
    expect(trial.detections.length).toBeGreaterThan(1);
    expect(files()).toEqual(before);
    const kept = (await cli(["detect", "--json"], { cwd })).stdout;
    expect(JSON.parse(kept).detections).toEqual([
      expect.objectContaining({ ...JUMP, device_id: "loud", detector: DETECTOR_VERSION }),
    ]);
    const all = files();
    expect((await cli(["detect", "--json"], { cwd })).stdout).toBe(kept);
    expect(files()).toEqual(all);
    const whole = JSON.parse((await cli(["verify", "--json"], { cwd })).stdout);
    expect(whole.detections).toMatchObject({ rows: 1, files: 1, findings: [] });
    const part = all.find((name) => name.startsWith("detections/") && name.includes("part-")) ?? "";
    fs.rmSync(join(cwd, "lake/tables", part));
    const { code, stdout } = await cli(["verify", "--prefix", "tables/", "--json"], { cwd });
    const missing = { key: `tables/${part}`, state: "missing", why: "the log of the table names it" };
    expect([code, JSON.parse(stdout).detections.findings]).toEqual([1, [missing]]);
    expect((await cli(["detect"], { cwd })).stderr).toContain("vantageflow tables sync --rebuild");
    expect((await cli(["tables", "sync", "--rebuild", "--yes"], { cwd })).code).toBe(0);
    expect((await cli(["detect", "--json"], { cwd })).stdout).toBe(kept);
    const env = { VANTAGEFLOW_DETECT_ONE_IN: "1h" };
    const more = JSON.parse((await cli(["detect", "--json"], { cwd, env })).stdout).detections;
    expect(more).toEqual(trial.detections);
    expect(JSON.parse((await cli(["detect", "--json"], { cwd })).stdout).detections).toEqual(more);
    const vacuumed = await cli(["tables", "vacuum", "--dry-run"], { cwd });
    expect(vacuumed.stderr).toContain("versions of the last 7 days need all of its tables");
  });

  it("of two readings of one instant the least counts, whichever batch came first", async () => {
    const all =
      HEADER + Array.from({ length: DAYS }, (_, i) => `${timeOf(i)},hum,${HUM[i].toFixed(3)},C,0.1\n`).join("");
    const twin = `${HEADER}${timeOf(900)},hum,75,C,0.1\n`;
    const detected = async (first: string, second: string) => {
      const cwd = folder({ "lake/bronze/a.csv": first, "more/b.csv": second });
      await cli(["run"], { cwd });
      await cli(["tables", "sync"], { cwd });
      await cli(["ingest", "more/b.csv"], { cwd });
      await cli(["tables", "sync"], { cwd });
      const { stdout, stderr } = await cli(["detect", "--json"], { cwd });
      expect(stderr).toContain("1 reading of a time that its device had already reported did not count.");
      return JSON.parse(stdout).detections;
    };
    expect(await detected(all, twin)).toEqual(await detected(twin, all));
  });

  it("finds the failure of a real machine before its label ends, with a reason that a mechanic would accept", async () => {
    const file = join(process.cwd(), "fixtures/nab-machine-temperature/bronze/machine_temperature_system_failure.csv");
    const { stdout } = await cli(["detect", "--input", file, "--json"], { cwd: folder({}) });
    // The label of the failure in the Numenta Anomaly Benchmark, combined_windows.json.
    const within = ({ timestamp }: { timestamp: string }) =>
      timestamp >= "2014-02-07T14:55:00.000Z" && timestamp <= "2014-02-09T14:05:00.000Z";
    const { detections } = JSON.parse(stdout);
    expect(detections.find(within)).toMatchObject({ reason: expect.stringMatching(/^(spike|level_shift|drift)$/) });
    expect(detections.length).toBeLessThan(12);
  });
});
