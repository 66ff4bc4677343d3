import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CLI, cli } from "../cli/run-cli.ts";
import { newFolder, tableLakeOf } from "./lake.ts";

/** An answer that cannot be computed to its end is an error, and never a shorter answer. */

const LAKE = newFolder();
beforeAll(() => tableLakeOf(undefined, LAKE));

/** Some two million rows come before the one that is none. */
const LATE = `select cast(case when i > 3000000 then 'abc' else '1' end as integer) as x
from range(4000000) t(i)`;
const ENDLESS = "select a.i, b.i from range(4000000) a(i), range(4000000) b(i)";
const sql = (query: string, args: readonly string[]) => cli(["sql", query, "--lake", LAKE, ...args], { cwd: LAKE });

describe("a query that fails after its first rows", () => {
  it.each(["csv", "json", "ndjson"])(
    "as %s in a file leaves what was there, and says where and why",
    async (format) => {
      const out = join(LAKE, `kept.${format}`);
      fs.writeFileSync(out, "kept");
      const { code, stderr } = await sql(LATE, ["--out", out]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^vantageflow: Cannot answer: line 1, column 8: Could not convert string 'abc' to INT32\./,
        ),
      ]);
      expect(fs.readFileSync(out, "utf8")).toBe("kept");
      expect(fs.readdirSync(LAKE).filter((name) => name.endsWith(".part"))).toEqual([]);
    },
  );

  it.each(["csv", "json", "ndjson"])("as %s on stdout ends with exit code 1, and no whole document", async (format) => {
    const { code, stdout } = await sql(LATE.replaceAll("000000", "0000"), ["--format", format]);
    expect(code).toBe(1);
    if (format === "json") expect(() => JSON.parse(stdout)).toThrow();
  });
});

describe("a query that is interrupted", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s leaves the file that was there", async (signal, wanted) => {
    const out = join(LAKE, "kept.csv");
    fs.writeFileSync(out, "kept");
    const child = spawn(process.execPath, [CLI, "sql", ENDLESS, "--lake", LAKE, "--out", out], { stdio: "ignore" });
    const hasRows = () =>
      fs.readdirSync(LAKE).some((one) => one.endsWith(".part") && fs.statSync(join(LAKE, one)).size > 0);
    await expect.poll(hasRows).toBe(true);
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill(signal);
    expect(await ended).toBe(wanted);
    expect(fs.readFileSync(out, "utf8")).toBe("kept");
  });
});

it("a damaged file of the table is no mistake of the query", async () => {
  const lake = newFolder();
  await tableLakeOf(undefined, lake);
  const [day] = filesIn(join(lake, "tables/readings"));
  const bytes = fs.readFileSync(day);
  fs.writeFileSync(day, bytes.fill(0xff, 4, bytes.length - 8));
  const { code, stdout, stderr } = await cli(["sql", "select * from readings", "--lake", lake], { cwd: lake });
  expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(/damaged file.*vantageflow verify --lake/)]);
});

function filesIn(folder: string): string[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".parquet")).map((name) => join(folder, name));
}
