import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, stamps } from "./run-cli.ts";

/** A case whose only batch is refused. */
async function refusedCase(): Promise<string> {
  const cwd = folder({ "cases/one/bronze/bad.csv": HEADER.replace("unit,", "") });
  await cli(["replay", "cases", "--update"], { cwd });
  return cwd;
}

describe("what a case expects to be refused", () => {
  it("has a case for every fault that refuses a whole file, but for a row of more than a mebibyte", () => {
    const codes = fs
      .readdirSync("fixtures")
      .map((name) => join("fixtures", name, "problems.json"))
      .filter((file) => fs.existsSync(file))
      .flatMap((file) => JSON.parse(fs.readFileSync(file, "utf8")).map(({ code }: { code: string }) => code));
    expect([...new Set(codes)].sort()).toEqual([
      ...["columns_duplicate", "columns_missing", "compressed", "empty", "encoding_invalid", "header_changed"],
      ...["header_invalid", "key_invalid", "nul_byte", "quote_unclosed"],
    ]);
  });

  it("holds a refusal to its whole problem: code, message, line and column", async () => {
    const cwd = await refusedCase();
    const file = join(cwd, "cases/one/problems.json");
    const right = fs.readFileSync(file, "utf8");
    expect(JSON.parse(right)).toEqual([
      {
        key: "bronze/bad.csv",
        code: "columns_missing",
        message: 'Cannot read "bronze/bad.csv": line 1: column "unit" is missing. Add it to the header.',
        line: 1,
        column: "unit",
      },
    ]);
    for (const [was, is] of [
      ["columns_missing", "empty"],
      ["Add it to", "Put it into"],
      ['"line": 1', '"line": 2'],
      ['"line": 1', '"line": null'],
      ['"column": "unit"', '"column": "value"'],
    ]) {
      fs.writeFileSync(file, right.replace(was, is));
      const { code, stdout } = await cli(["replay", "cases", "--json"], { cwd });
      const differences = JSON.parse(stdout).cases[0].differences;
      expect([is, code, differences]).toEqual([
        is,
        1,
        [{ key: "problems.json", kind: "changed", diff: expect.stringMatching(/^--- expected\/problems\.json\n/) }],
      ]);
      const update = await cli(["replay", "cases", "--update"], { cwd });
      expect([is, update.code, fs.readFileSync(file, "utf8")]).toEqual([is, 0, right]);
    }
    fs.writeFileSync(file, JSON.stringify(JSON.parse(right)));
    expect((await cli(["replay", "cases"], { cwd })).code).toBe(0);
  });

  it("tells which refusals are missing and which are new, and updates both places that say so", async () => {
    const cwd = await refusedCase();
    const one = join(cwd, "cases/one");
    fs.writeFileSync(join(one, "case.json"), '{ "refused": ["bronze/bad.csv"] }');
    fs.writeFileSync(join(one, "bronze/bad.csv"), HEADER);
    fs.writeFileSync(join(one, "bronze/new.csv"), "");
    const { stdout } = await cli(["replay", "cases", "--json"], { cwd });
    const kinds = JSON.parse(stdout).cases[0].differences.map(
      ({ key, kind }: { key: string; kind: string }) => `${key} ${kind}`,
    );
    expect(kinds.slice(-2)).toEqual(["bronze/bad.csv not_refused", "bronze/new.csv refused"]);
    expect((await cli(["replay", "cases", "--update"], { cwd })).code).toBe(0);
    expect(JSON.parse(fs.readFileSync(join(one, "case.json"), "utf8"))).toEqual({ refused: [] });
    expect(fs.readFileSync(join(one, "problems.json"), "utf8")).toContain('"key": "bronze/new.csv"');
    fs.writeFileSync(join(one, "bronze/new.csv"), HEADER);
    const gone = await cli(["replay", "cases", "--update"], { cwd });
    expect([gone.code, gone.stdout]).toEqual([0, expect.stringContaining("one\tproblems.json\tremoved\t")]);
    expect(fs.existsSync(join(one, "problems.json"))).toBe(false);
  });

  it("takes a case that names refused keys alone, as before", async () => {
    const cwd = await refusedCase();
    fs.rmSync(join(cwd, "cases/one/problems.json"));
    expect((await cli(["replay", "cases"], { cwd })).code).toBe(1);
    fs.writeFileSync(join(cwd, "cases/one/case.json"), '{ "refused": ["bronze/bad.csv"] }');
    const before = stamps(cwd);
    expect((await cli(["replay", "cases", "--update"], { cwd })).code).toBe(0);
    expect(stamps(cwd)).toEqual(before);
  });

  it("says what is wrong with problems.json", async () => {
    const cwd = await refusedCase();
    const file = join(cwd, "cases/one/problems.json");
    const [problem] = JSON.parse(fs.readFileSync(file, "utf8"));
    for (const wrong of [
      "{",
      "{}",
      "[1]",
      JSON.stringify([{ ...problem, code: undefined }]),
      JSON.stringify([{ ...problem, line: "1" }]),
      JSON.stringify([{ ...problem, row: 1 }]),
    ]) {
      fs.writeFileSync(file, wrong);
      const { code, stdout } = await cli(["replay", "cases", "--json"], { cwd });
      const [{ outcome, error }] = JSON.parse(stdout).cases;
      const why = "it is not a list of problems, each with key, code, message, line and column";
      expect([wrong, code, outcome, error]).toEqual([wrong, 1, "error", expect.stringContaining(why)]);
    }
  });
});
