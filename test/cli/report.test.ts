import { describe, expect, it } from "vitest";
import { cli, folder, HEADER } from "./run-cli.ts";

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

  it("shows what was processed since a time", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 1) });
    const count = async (since: string) =>
      JSON.parse((await cli(["report", "--since", since, "--json"], { cwd })).stdout).devices.length;
    expect([await count("1h"), await count("2020-01-01"), await count("2020-01-01T00:00:00+02:00")]).toEqual([1, 1, 1]);
    expect(await count("2999-01-01T00:00:00Z")).toBe(0);
    expect((await cli(["report", "--since", "yesterday"], { cwd })).code).toBe(2);
  });

  it("is tab-separated in a pipe: no header, no colour, nothing cut off", async () => {
    const cwd = await lakeOf({ "a.csv": row("A", 28.5) });
    expect((await cli(["report"], { cwd })).stdout).toBe("A\t1\t1\t28.5\t28.5\t28.5\t0\t0.0\n");
  });

  it("keeps hostile ids off the terminal and out of spreadsheets, and whole in JSON", async () => {
    const ids = ["=cmd()", "\u001b[31mred", "\u202eabc", "line\nbreak"];
    const cwd = await lakeOf({ "a.csv": ids.map((id) => row(id.includes("\n") ? `"${id}"` : id, 1)).join("") });
    const plain = await cli(["report"], { cwd });
    expect(plain.stdout).toContain("\\x1b[31mred\t");
    expect(plain.stdout).toContain("\\u202eabc\t");
    expect(plain.stdout).toContain("line\\nbreak\t");
    const json = JSON.parse((await cli(["report", "--json"], { cwd })).stdout);
    expect(json.devices.map((d: { device_id: string }) => d.device_id).sort()).toEqual([...ids].sort());
    const csv = await cli(["report", "--format", "csv"], { cwd });
    expect(csv.stdout).toContain("'=cmd(),1,1,1,1,1,0,0\n");
    expect(csv.stdout.split("\n")[0]).toBe(
      "device_id,batches,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage",
    );
    expect((await cli(["report", "--format", "xml"], { cwd })).code).toBe(2);
  });

  it("says what to do when there is no gold", async () => {
    const { code, stdout, stderr } = await cli(["report"], { cwd: folder() });
    expect([code, stdout, stderr]).toEqual([0, "", expect.stringContaining("vantageflow ingest")]);
  });

  it("says which gold is none", async () => {
    const cwd = folder({ "lake/gold/a.csv": "a,b\n1,2\n" });
    const { code, stderr } = await cli(["report"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('Cannot read "gold/a.csv"')]);
  });
});
