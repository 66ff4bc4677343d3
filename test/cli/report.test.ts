import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSince } from "../../src/cli/since.ts";
import { series } from "../detection/streams.ts";
import { inProcess as cli } from "./in-process.ts";
import { emptyLake, folder, HEADER, hasScript, onTerminal } from "./run-cli.ts";

const row = (device: string, value: number, score = 0.1) => `2025-01-01T00:00:00Z,${device},${value},C,${score}\n`;

async function lakeOf(files: Record<string, string>): Promise<string> {
  const cwd = folder(
    Object.fromEntries(Object.entries(files).map(([name, rows]) => [`lake/bronze/${name}`, HEADER + rows])),
  );
  await cli(["run"], { cwd });
  return cwd;
}

describe("report", () => {
  it("merges batches: counts, minima and maxima exactly, the average over all readings", async () => {
    const cwd = await lakeOf({
      "a.csv": row("B", 1) + row("B", 2) + row("A", 0.1) + row("A", 0.2),
      "b.csv": row("B", 6, 0.9) + row("A", 0.3),
    });
    const { stdout } = await cli(["report", "--json"], { cwd });
    const [a, b] = JSON.parse(stdout).devices;
    expect(b).toEqual({
      device_id: "B",
      batches: 2,
      total_readings: 3,
      avg_value: 3,
      min_value: 1,
      max_value: 6,
      anomaly_count: 1,
      anomaly_percentage: 33.3,
    });
    expect(a).toMatchObject({ device_id: "A", total_readings: 3, min_value: 0.1, max_value: 0.3 });
    expect(a.avg_value).toBeCloseTo(0.2, 14);
  });

  it("shows the devices that are asked for", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 1) + row("B", 1) + row("C", 1) });
    const { stdout } = await cli(["report", "--device", "A", "--device", "C", "--json"], { cwd });
    expect(JSON.parse(stdout).devices.map((d: { device_id: string }) => d.device_id)).toEqual(["A", "C"]);
  });

  it("names devices that were asked for and have no gold", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 1) });
    const some = await cli(["report", "--device", "A", "--device", "nosuch", "--device", "none"], { cwd });
    expect([some.code, some.stdout.split("\n").length, some.stderr]).toEqual([0, 2, "No gold of nosuch, none.\n"]);
    expect((await cli(["report", "--device", "nosuch"], { cwd })).stderr).toContain("No gold in ./lake matches");
  });

  it.runIf(hasScript)("shows CSV escaped on a terminal, and its very bytes in a pipe", async () => {
    const cwd = await lakeOf({ "a.csv": row("A\u001b[2J\u202e", 1) + row('"B\nforged,9,9"', 1) + row("-3", 1) });
    const shown = onTerminal("report --format csv", cwd);
    expect(shown).toContain("A\\x1b[2J\\u202e,1,1,");
    expect(shown).toContain('"B\\nforged,9,9",1,1,');
    expect(shown).toMatch(/^device_id,batches,.*\r\n-3,1,1,/);
    const piped = (await cli(["report", "--format", "csv"], { cwd })).stdout;
    expect(piped).toContain('\n-3,1,1,1,1,1,0,0\nA\u001b[2J\u202e,1,1,1,1,1,0,0\n"B\nforged,9,9",1,1,');
  });

  it("shows what was processed since a time", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 1) });
    const count = async (since: string) =>
      JSON.parse((await cli(["report", "--since", since, "--json"], { cwd })).stdout).devices.length;
    expect([await count("1h"), await count("2020-01-01"), await count("2020-01-01T00:00:00+02:00")]).toEqual([1, 1, 1]);
    expect(await count("2999-01-01T00:00:00Z")).toBe(0);
    expect((await cli(["report", "--since", "yesterday"], { cwd })).code).toBe(2);
  });

  it("says where the lake keeps detections how many of a device nobody muted, and why the newest one is", async () => {
    const START = Date.UTC(2025, 0, 1);
    const times = Array.from({ length: 1200 }, (_, i) => new Date(START + i * 300_000).toISOString());
    const odd: Record<number, number> = { 600: 60, 900: 75 };
    const noise = series("noise", 3, 1200);
    const loud = times.map((time, i) => `${time},loud,${odd[i] ?? noise[i].toFixed(3)},C,0.1\n`);
    const cwd = await lakeOf({ "a.csv": `${loud.join("")}${times[0]},quiet,5,C,0.1\n` });
    const before = await cli(["report"], { cwd });
    for (const args of [["tables", "sync"], ["detect"]]) await cli(args, { cwd });
    const reported = async (...args: string[]) => (await cli(["report", ...args], { cwd })).stdout;
    const lines = before.stdout.split("\n");
    expect(await reported()).toBe(`${lines[0]}\t2\tspike or unusual value\n${lines[1]}\t0\t\n`);
    const detections = async (...args: string[]) =>
      JSON.parse(await reported("--json", ...args)).devices.map((one: Record<string, unknown>) => [
        ...[one.detections, one.last_detection],
      ]);
    const of = (i: number) => ({ timestamp: times[i], reason: "spike" });
    expect(await detections()).toEqual([
      [2, of(900)],
      [0, null],
    ]);
    expect(await detections("--device", "loud", "--since", times[700])).toEqual([[1, of(900)]]);
    await cli(["detect", "mute", "loud", "--at", times[900], "--why", "a test"], { cwd });
    expect(await detections("--device", "loud")).toEqual([[1, of(600)]]);
    expect(await reported("--format", "csv")).toMatch(
      new RegExp(`_percentage,detections,last_detection,last_reason\nloud,.*,1,${times[600]},spike\nquiet,.*,0,,\n$`),
    );
    fs.writeFileSync(join(cwd, "lake/state/muted-detections.json"), "{}");
    const unread = await cli(["report"], { cwd });
    expect([unread.code, unread.stdout]).toEqual([0, before.stdout]);
    expect(unread.stderr).toMatch(/^vantageflow: Left out detections: Cannot read .*: it is no record of mutes\. /);
  });

  it("is tab-separated in a pipe: no header, no colour, nothing cut off", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 28.5) });
    expect((await cli(["report"], { cwd })).stdout).toBe("A\t1\t1\t28.5\t28.5\t28.5\t0\t0.0\n");
  });

  it("keeps hostile ids off the terminal, and whole in CSV and JSON", async () => {
    const ids = ["=cmd()", "\u001b[31mred", "\u202eabc", "line\nbreak"];
    const cwd = await lakeOf({ "a.csv": ids.map((id) => row(id.includes("\n") ? `"${id}"` : id, 1)).join("") });
    const plain = await cli(["report"], { cwd });
    expect(plain.stdout).toContain("\\x1b[31mred\t");
    expect(plain.stdout).toContain("\\u202eabc\t");
    expect(plain.stdout).toContain("line\\nbreak\t");
    const json = JSON.parse((await cli(["report", "--json"], { cwd })).stdout);
    expect(json.devices.map((d: { device_id: string }) => d.device_id).sort()).toEqual([...ids].sort());
    const csv = await cli(["report", "--format", "csv"], { cwd });
    expect(csv.stdout).toContain("=cmd(),1,1,1,1,1,0,0\n");
    expect(csv.stdout.split("\n")[0]).toBe(
      "device_id,batches,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage",
    );
    expect((await cli(["report", "--format", "xml"], { cwd })).code).toBe(2);
  });

  it("says what to do when there is no gold", async () => {
    const { code, stdout, stderr } = await cli(["report"], { cwd: emptyLake() });
    expect([code, stdout, stderr]).toEqual([0, "", expect.stringContaining("vantageflow ingest")]);
  });

  it("says which gold is none", async () => {
    const cwd = folder({ "lake/gold/a.csv": "a,b\n1,2\n" });
    const { code, stderr } = await cli(["report"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('Cannot read "gold/a.csv"')]);
  });

  it("prints one JSON document of the shape that others build on", async () => {
    const cwd = await lakeOf({ "a.csv": row("FAB-TEM-001", 22, 0.9) + row("FAB-TEM-001", 35) });
    const { code, stdout, stderr } = await cli(["report", "--json"], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      lake: "./lake",
      devices: [
        {
          device_id: "FAB-TEM-001",
          batches: 1,
          total_readings: 2,
          avg_value: 28.5,
          min_value: 22,
          max_value: 35,
          anomaly_count: 1,
          anomaly_percentage: 50,
        },
      ],
      failed: [],
    });
    const none = await cli(["report", "--json"], { cwd: emptyLake() });
    expect(JSON.parse(none.stdout)).toEqual({ version: 1, lake: "./lake", devices: [], failed: [] });
  });

  it("understands every way to say since, in any time zone", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 1) });
    const gold = `${cwd}/lake/gold/a.csv`;
    const at = (time: number) => fs.utimesSync(gold, time / 1000, time / 1000);
    const shown = async (since: string, env = {}) =>
      JSON.parse((await cli(["report", "--since", since, "--json"], { cwd, env })).stdout).devices.length;
    const [now, minute] = [1_800_000_000_000, 60_000];
    const ago = { "60s": minute, "30m": 30 * minute, "24h": 24 * 60 * minute, "7d": 7 * 24 * 60 * minute };
    for (const [since, ms] of Object.entries(ago)) expect(parseSince(since, now)).toBe(now - ms);
    expect([await shown("60s"), await shown("0s")]).toEqual([1, 0]);
    // What counts is when a file was put there: an old mtime hides nothing, a later one does.
    at(Date.UTC(2000, 0, 1));
    expect(await shown("60s")).toBe(1);
    at(Date.UTC(2126, 0, 31, 12));
    for (const TZ of ["Asia/Kolkata", "America/New_York"]) {
      expect(await shown("2126-01-31 12:00", { TZ })).toBe(1);
      expect(await shown("2126-01-31T12:00:00.001", { TZ })).toBe(0);
      expect(await shown("2126-01-31T14:00:00+02:00", { TZ })).toBe(1);
    }
  });

  it("takes no day for a time that the calendar does not have", async () => {
    const cwd = folder();
    for (const since of ["2026-02-30", "2026-13-01", "2025-02-29T00:00:00Z", "1e3", "7w", "-1h", ""]) {
      const { code, stderr } = await cli(["report", "--since", since], { cwd });
      expect([since, code, stderr]).toEqual([since, 2, expect.stringContaining("it is no time")]);
    }
  });

  it("keeps ids apart that JavaScript or CSV treat specially", async () => {
    const ids = ["+1", "-1", "=1", "@a", "__proto__", 'a"b', "a,b", "constructor", "toString"];
    const rows = ids.map((id) => row(`"${id.replaceAll('"', '""')}"`, 2)).join("");
    const cwd = await lakeOf({ "a.csv": rows, "b.csv": rows });
    const { stdout } = await cli(["report", "--json"], { cwd });
    const devices: { device_id: string; total_readings: number }[] = JSON.parse(stdout).devices;
    expect(devices.map((d) => `${d.device_id} ${d.total_readings}`)).toEqual(ids.map((id) => `${id} 2`));
    const csv = (await cli(["report", "--format", "csv"], { cwd })).stdout.split("\n").slice(1, -1);
    const cells = ["+1", "-1", "=1", "@a", "__proto__", '"a""b"', '"a,b"', "constructor", "toString"];
    expect(csv).toEqual(cells.map((cell) => `${cell},2,2,2,2,2,0,0`));
    const one = await cli(["report", "--device", "__proto__", "+1"], { cwd });
    expect(one.stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(["+1", "__proto__", ""]);
  });

  it("says that a filter left nothing, not that the lake is empty", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 1) });
    const { code, stdout, stderr } = await cli(["report", "--device", "B"], { cwd });
    expect([code, stdout, stderr]).toEqual([0, "", expect.stringContaining("No gold in ./lake matches")]);
  });

  it("keeps ids apart that are nothing but blanks", async () => {
    const ids = [" ", "  ", "\u00a0", "\ufeff", "\u2028"];
    const cwd = await lakeOf({ "a.csv": ids.map((id) => row(`"${id}"`, 1)).join("") });
    const gold = fs.readFileSync(`${cwd}/lake/gold/a.csv`, "utf8").split("\n").slice(1, -1);
    const { stdout } = await cli(["report", "--json"], { cwd });
    const devices: { device_id: string }[] = JSON.parse(stdout).devices;
    expect([gold.length, devices.map(({ device_id }) => device_id)]).toEqual([ids.length, ids.toSorted()]);
  });
});
