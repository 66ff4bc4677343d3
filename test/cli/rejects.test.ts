import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { BAD, folder, HEADER, ROW } from "./run-cli.ts";

/** Files by name, each with a row that is valid and one that is none. */
const half = (...names: string[]) => Object.fromEntries(names.map((name) => [name, HEADER + ROW + BAD]));

async function ingested(files: Record<string, string>): Promise<{ cwd: string; said: string }> {
  const cwd = folder(files);
  const { code, stderr } = await cli(["ingest", ...Object.keys(files)], { cwd });
  expect(code).toBe(0);
  return { cwd, said: stderr };
}

describe("rejected rows", () => {
  it("are told of with every file of theirs", async () => {
    const { said } = await ingested(half("a.csv", "b.csv", "c.CSV"));
    const files = "anomalies/a.rejects.csv, anomalies/b.rejects.csv, anomalies/c.rejects.CSV";
    expect(said).toBe(`3 rows rejected, with line and reason: ${files}\nNext: vantageflow report\n`);
  });

  it("in many files are told of with the command that lists all, and it does", async () => {
    const names = ["a.csv", "b.csv", "c.csv", "d.csv", "e.csv"];
    const { cwd, said } = await ingested({ ...half(...names), "ok.csv": HEADER + ROW });
    const [, more, command] = /, anomalies\/c\.rejects\.csv and (\d+) more: vantageflow (.+)$/m.exec(said) ?? [];
    expect([more, command]).toEqual(["2", "dlq list --rejects"]);
    const { stdout } = await cli(command.split(" "), { cwd });
    const files = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t")[0]);
    expect(files).toEqual(names.map((name) => `anomalies/${name.replace(".csv", ".rejects.csv")}`));
    const { rejects } = JSON.parse((await cli([...command.split(" "), "--json"], { cwd })).stdout);
    expect(rejects.map(({ file }: { file: string }) => file)).toEqual(files);
    expect((await cli([...command.split(" "), "--lake", "none"], { cwd })).code).toBe(1);
  });

  it("that are all that a file has are told of plainly, by ingest, status and report", async () => {
    const { cwd, said } = await ingested({ "r.csv": `${HEADER}\n${BAD}${BAD}` });
    expect(said).toContain("All 2 rows of bronze/r.csv were rejected: line 3: value is not a decimal");
    expect(said).not.toContain("Next:");
    const { code, stdout } = await cli(["status", "--check"], { cwd });
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(
        "all_rows_rejected\tAll 2 rows of bronze/r.csv were rejected\tvantageflow explain bronze/r.csv",
      ),
    ]);
    const report = await cli(["report"], { cwd });
    const instead = "There are batches in ./lake, but every row of theirs was rejected: anomalies/r.rejects.csv\n";
    expect(report).toEqual({ code: 0, stdout: "", stderr: instead });
  });

  it("of a whole file are no small share of many others", async () => {
    const good = HEADER + ROW.repeat(200);
    const { cwd, said } = await ingested({ "a.csv": good, "r.csv": HEADER + BAD, "s.csv": HEADER + BAD });
    expect(said).toContain("All rows of 2 batches were rejected, as those of bronze/r.csv: line 2: ");
    expect(said).toContain("Next: vantageflow report");
    const { health } = JSON.parse((await cli(["status", "--json"], { cwd })).stdout);
    expect(health.reasons.map(({ code }: { code: string }) => code)).toEqual(["all_rows_rejected"]);
  });

  it("do not stand for batches that have no row at all", async () => {
    const { cwd, said } = await ingested({ "empty.csv": HEADER });
    expect(said).not.toContain("rejected");
    const instead = "There are batches in ./lake, but none of them has a row\n";
    expect((await cli(["report"], { cwd })).stderr).toBe(instead);
    expect((await cli(["dlq", "list", "--rejects"], { cwd })).stderr).toBe("No rejected rows.\n");
  });
});
