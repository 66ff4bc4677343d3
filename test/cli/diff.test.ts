import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, ODD, ROW } from "./run-cli.ts";

async function twoLakes(): Promise<string> {
  const cwd = folder({ "r.csv": HEADER + ROW + ROW.replace("20.5", "21") + ODD });
  await cli(["ingest", "r.csv", "--lake", "a"], { cwd });
  await cli(["backup", "b", "--lake", "a"], { cwd });
  return cwd;
}

const edit = (file: string, from: string, to: string) =>
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(from, to));

describe("diff", () => {
  it("says nothing of equal lakes and exits 0, whatever their receipts and logs say", async () => {
    const cwd = await twoLakes();
    fs.rmSync(join(cwd, "b/logs"), { recursive: true });
    const { code, stdout, stderr } = await cli(["diff", "a", "b"], { cwd });
    expect([code, stdout, stderr]).toEqual([0, "", "Objects: 4 the same.\n"]);
    const receipts = await cli(["diff", "a", "b", "--prefix", "logs/"], { cwd });
    expect([receipts.code, receipts.stdout]).toEqual([1, expect.stringMatching(/^logs\/.*\tonly in A\t/)]);
  });

  it("prints every difference by key, line, column and both values and exits 1; --json has the same", async () => {
    const cwd = await twoLakes();
    edit(join(cwd, "b/silver/r.csv"), "20.5", "99");
    edit(join(cwd, "b/gold/r.csv"), ",44.0,", ",45.5,");
    fs.rmSync(join(cwd, "b/bronze/r.csv"));
    fs.writeFileSync(join(cwd, "b/bronze/new.csv"), HEADER);
    const { code, stdout, stderr } = await cli(["diff", "a", "b"], { cwd });
    const size = fs.statSync(join(cwd, "a/bronze/r.csv")).size;
    expect([code, stdout.split("\n")]).toEqual([
      1,
      [
        `bronze/new.csv\tonly in B\t\t\t\t${HEADER.length}\t`,
        `bronze/r.csv\tonly in A\t\t\t${size}\t\t`,
        "gold/r.csv\tdevice FAB-1\t2\tmax_value\t44.0\t45.5\t1.5",
        "silver/r.csv\tchanged\t2\tvalue\t20.5\t99\t",
        "",
      ],
    ]);
    expect(stderr).toBe("Objects: 1 the same, 2 different, 1 only in a, 1 only in b.\n");
    const json = JSON.parse((await cli(["diff", "a", "b", "--json"], { cwd })).stdout);
    expect(json).toMatchObject({
      version: 1,
      a: "a",
      b: "b",
      prefix: null,
      same: 1,
      only_in_a: ["bronze/r.csv"],
      only_in_b: ["bronze/new.csv"],
      different: [
        {
          key: "silver/r.csv",
          columns: { only_in_a: [], only_in_b: [], reordered: false },
          rows: { same: 1, rewritten: 0, changed: 1, only_in_a: 0, only_in_b: 0, listed: [] },
          cells: [{ line: 2, line_b: 2, column: "value", a: "20.5", b: "99" }],
          more: 0,
        },
        { key: "gold/r.csv", cells: [{ device_id: "FAB-1", column: "max_value", difference: 1.5 }] },
      ],
    });
  });

  it("compares the table by the rows that it holds, and tells the batches whose rows differ", async () => {
    const cwd = await twoLakes();
    await cli(["tables", "sync", "--lake", "a"], { cwd });
    const only = await cli(["diff", "a", "b"], { cwd });
    expect([only.code, only.stdout]).toEqual([1, "tables/readings/\ttable only in A\t\t\t3\t0\t-3\n"]);
    // Two tables that were made apart have no file in common.
    await cli(["tables", "sync", "--lake", "b"], { cwd });
    const same = await cli(["diff", "a", "b"], { cwd });
    expect([same.code, same.stdout, same.stderr]).toEqual([
      ...[0, "", "Objects: 4 the same.\nRows of the table: 3 the same.\n"],
    ]);
    fs.writeFileSync(join(cwd, "new.csv"), HEADER + ROW);
    edit(join(cwd, "r.csv"), "20.5", "99");
    await cli(["ingest", "new.csv", "r.csv", "--overwrite", "--lake", "b"], { cwd });
    await cli(["tables", "sync", "--lake", "b"], { cwd });
    const { code, stdout, stderr } = await cli(["diff", "a", "b", "--prefix", "tables/"], { cwd });
    expect([code, stdout.split("\n")]).toEqual([
      1,
      [
        "tables/readings/\trows of new.csv on one side\t\t\t0\t1\t1",
        "tables/readings/\trows of r.csv on one side\t\t\t1\t1\t0",
        "",
      ],
    ]);
    expect(stderr).toBe("Objects: 0 the same.\nRows of the table: 2 the same, 1 only in a, 2 only in b.\n");
    const json = JSON.parse((await cli(["diff", "a", "b", "--json"], { cwd })).stdout);
    expect(json.table).toEqual({
      table_version: { a: 1, b: 2 },
      rows: { same: 2, only_in_a: 1, only_in_b: 2 },
      batches: [
        { batch: "new.csv", only_in_a: 0, only_in_b: 1 },
        { batch: "r.csv", only_in_a: 1, only_in_b: 1 },
      ],
      more: 0,
    });
    const gold = await cli(["diff", "a", "b", "--prefix", "gold/r", "--json"], { cwd });
    expect(JSON.parse(gold.stdout)).toMatchObject({ table: null });
    for (const name of fs.readdirSync(join(cwd, "b/tables/readings/_delta_log"))) {
      fs.rmSync(join(cwd, "b/tables/readings/_delta_log", name));
      break;
    }
    const broken = await cli(["diff", "a", "b"], { cwd });
    expect([broken.code, broken.stdout]).toEqual([1, expect.stringContaining("tables/readings/\tnot compared\t")]);
    expect(broken.stderr).toMatch(/the log has no version 0/);
  });

  it("a lake that is not there is an error and no empty one", async () => {
    const cwd = await twoLakes();
    for (const args of [
      ["a", "nope"],
      ["nope", "a"],
    ]) {
      const { code, stdout, stderr } = await cli(["diff", ...args], { cwd });
      expect([code, stdout, stderr]).toEqual([
        1,
        "",
        expect.stringMatching(/^vantageflow: Cannot compare "nope": there is no such lake\. Check the name/),
      ]);
    }
    expect(fs.existsSync(join(cwd, "nope"))).toBe(false);
    const none = await cli(["diff", "a", "b", "--prefix", "2031/"], { cwd });
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("Check --prefix")]);
    expect((await cli(["diff", "a", "b", "--limit", "0"], { cwd })).code).toBe(2);
    expect((await cli(["diff", "a"], { cwd })).code).toBe(2);
  });

  it("escapes what the data would send to a terminal", async () => {
    const cwd = await twoLakes();
    edit(join(cwd, "b/silver/r.csv"), "FAB-1", "\u001b[2J\u202e");
    const { stdout } = await cli(["diff", "a", "b", "--prefix", "silver"], { cwd });
    expect(stdout).toContain("\tFAB-1\t\\x1b[2J\\u202e\t");
  });

  it("compares a hundred thousand rows in little memory, and says how many more differ", async () => {
    const cwd = folder();
    fs.mkdirSync(join(cwd, "a/silver"), { recursive: true });
    fs.mkdirSync(join(cwd, "b/silver"), { recursive: true });
    await cli(["generate", "--rows", "100000", "--out", "a/silver/r.csv"], { cwd });
    const text = fs.readFileSync(join(cwd, "a/silver/r.csv"), "utf8");
    fs.writeFileSync(join(cwd, "b/silver/r.csv"), text.replaceAll(",C,", ",F,"));
    const env = { NODE_OPTIONS: "--max-old-space-size=40" };
    const { code, stdout } = await cli(["diff", "a", "b", "--limit", "3"], { cwd, env });
    const changed = text.split(",C,").length - 1;
    expect([code, stdout.trim().split("\n").at(-1)?.trim()]).toEqual([1, `silver/r.csv\t${changed - 3} more`]);
    for (const lake of ["a", "b"]) await cli(["tables", "sync", "--lake", lake], { cwd });
    const tables = await cli(["diff", "a", "b", "--prefix", "tables"], { cwd, env });
    expect(tables.stdout).toBe(`tables/readings/\trows of r.csv on one side\t\t\t${changed}\t${changed}\t0\n`);
  });
});
