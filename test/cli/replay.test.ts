import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { REASONS } from "../../src/pipeline/rejects.ts";
import { inProcess as cli } from "./in-process.ts";
import { wellFormed } from "./junit.ts";
import { folder, HEADER, ODD, ROW, stamps } from "./run-cli.ts";

const FIXTURES = resolve("fixtures");

/** What `problems.json` says of an empty file. */
const EMPTY = {
  key: "bronze/bad.csv",
  code: "empty",
  message: 'Cannot read "bronze/bad.csv": it is empty. Write a header and rows, then move it here.',
  line: null,
  column: null,
};

async function caseFolder(): Promise<string> {
  const cwd = folder({ "cases/one/bronze/b.csv": HEADER + ROW + ODD });
  await cli(["replay", "cases", "--update"], { cwd });
  return cwd;
}

describe("replay", () => {
  it("finds the repository's golden fixtures the same, byte for byte", async () => {
    const { code, stdout } = await cli(["replay", FIXTURES, "--json"], { cwd: folder() });
    const { version, cases } = JSON.parse(stdout);
    expect([code, version]).toEqual([0, 1]);
    expect(cases).toContainEqual({ case: "customer-example", outcome: "same", differences: [] });
    expect(cases.filter(({ outcome }: { outcome: string }) => outcome !== "same")).toEqual([]);
    expect(cases.length).toBeGreaterThanOrEqual(19);
  });

  it("holds the customer's own example to the customer's own numbers", () => {
    const dir = join(FIXTURES, "customer-example/gold");
    expect(
      fs
        .readFileSync(join(dir, fs.readdirSync(dir)[0]), "utf8")
        .split("\n")
        .slice(1),
    ).toEqual(["FAB-TEM-001,15,28.5,22.0,35.0,2,13.3", "FAB-HUM-001,10,52.3,45.0,65.0,1,10.0", ""]);
  });

  it("has a case for every class of reject", () => {
    const found = new Set<string>();
    for (const name of fs.readdirSync(FIXTURES, { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".rejects.csv")) continue;
      const text = fs.readFileSync(join(FIXTURES, name), "utf8");
      for (const [, reason] of text.matchAll(/^\d+,\d+,\w*,(\w+),/gm)) found.add(reason);
    }
    const all = REASONS.map(({ reason }) => reason).filter((reason) => reason !== "");
    expect(new Set(all)).toEqual(found);
  });

  it("reads a case by the contracts that it has, and an update leaves them as they are", async () => {
    const cwd = folder();
    fs.cpSync(join(FIXTURES, "contract-toa5"), join(cwd, "one"), { recursive: true });
    const contracts = join(cwd, "one/contracts");
    const before = stamps(contracts);
    expect((await cli(["replay", "one"], { cwd })).stdout).toBe("one\tsame\t1\t0\n");
    const contract = JSON.parse(fs.readFileSync(join(contracts, "station.json"), "utf8"));
    fs.writeFileSync(join(contracts, "station.json"), JSON.stringify({ ...contract, rules: [] }));
    const changed = stamps(contracts);
    expect((await cli(["replay", "one"], { cwd })).code).toBe(1);
    const { stdout } = await cli(["replay", "one", "--update"], { cwd });
    expect(stdout).toMatch(/^one\tsilver\/station\/2025-03-01.dat.csv\tchanged\t\+2 -0, /m);
    expect(stamps(contracts)).toEqual(changed);
    expect(changed).not.toEqual(before);
    fs.writeFileSync(join(contracts, "station.json"), "{}");
    const { code, stderr } = await cli(["replay", "one"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('Cannot read "contracts/station.json": it is no')]);
  });

  it("shows every difference as a unified diff and exits 1", async () => {
    const cwd = await caseFolder();
    const gold = join(cwd, "cases/one/gold/b.csv");
    fs.writeFileSync(gold, fs.readFileSync(gold, "utf8").replace("32.25", "32.5"));
    fs.rmSync(join(cwd, "cases/one/silver/b.csv"));
    fs.writeFileSync(join(cwd, "cases/one/silver/extra.csv"), "x\n");
    const { code, stdout } = await cli(["replay", "cases"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain("--- expected/gold/b.csv\n+++ actual/gold/b.csv\n@@ -1,2 +1,2 @@\n");
    expect(stdout).toContain("-FAB-1,2,32.5,20.5,44.0,1,50.0\n+FAB-1,2,32.25,20.5,44.0,1,50.0\n");
    expect(stdout).toMatch(/one\tdifferent\t1\t3\n$/);
    const json = JSON.parse((await cli(["replay", "cases", "--json"], { cwd })).stdout);
    const kinds = json.cases[0].differences.map(({ key, kind }: { key: string; kind: string }) => `${key} ${kind}`);
    expect(kinds).toEqual(["silver/b.csv unexpected", "silver/extra.csv missing", "gold/b.csv changed"]);
  });

  it("--update makes what came out the expectation, and leaves nothing else behind", async () => {
    const cwd = await caseFolder();
    fs.writeFileSync(join(cwd, "cases/one/silver/stale.csv"), "x");
    fs.writeFileSync(join(cwd, "cases/one/bronze/bad.csv"), "");
    expect((await cli(["replay", "cases"], { cwd })).code).toBe(1);
    await cli(["replay", "cases", "--update"], { cwd });
    expect((await cli(["replay", "cases"], { cwd })).code).toBe(0);
    expect(fs.readdirSync(join(cwd, "cases/one")).sort()).toEqual([
      "anomalies",
      "bronze",
      "gold",
      "problems.json",
      "silver",
    ]);
    expect(JSON.parse(fs.readFileSync(join(cwd, "cases/one/problems.json"), "utf8"))).toEqual([EMPTY]);
    expect(fs.readdirSync(join(cwd, "cases/one/silver"))).toEqual(["b.csv"]);
  });

  it("--update says of every file what it did, and touches no other", async () => {
    const cwd = await caseFolder();
    const one = join(cwd, "cases/one");
    fs.writeFileSync(join(one, "bronze/b.csv"), HEADER + ROW.replace("20.5", "21.5") + ODD);
    fs.writeFileSync(join(one, "bronze/new.csv"), HEADER);
    fs.writeFileSync(join(one, "bronze/bad.csv"), "");
    fs.mkdirSync(join(one, "silver/day"));
    fs.writeFileSync(join(one, "silver/day/stale.csv"), "x\n");
    fs.writeFileSync(join(one, "silver/.gitkeep"), "");
    fs.cpSync(join(cwd, "cases"), join(cwd, "again"), { recursive: true });
    const before = stamps(one);
    const { code, stdout, stderr } = await cli(["replay", "cases", "--update"], { cwd });
    expect([code, stdout.trimEnd().split("\n")]).toEqual([
      0,
      [
        "one\tsilver/day/stale.csv\tremoved\t+0 -1, line 1: x → (none)",
        "one\tsilver/b.csv\tchanged\t+1 -1, line 2: 2025-01-01T00:00:00Z,FAB-1,20.5,C,0.1 → 2025-01-01T00:00:00Z,FAB-1,21.5,C,0.1",
        "one\tsilver/new.csv\twritten\t+1 -0, line 1: (none) → timestamp,device_id,value,unit,anomaly_score",
        "one\tanomalies/new.csv\twritten\t+1 -0, line 1: (none) → timestamp,device_id,value,unit,anomaly_score",
        expect.stringContaining(
          "one\tgold/b.csv\tchanged\t+1 -1, line 2: FAB-1,2,32.25,20.5,44.0,1,50.0 → FAB-1,2,32.75",
        ),
        expect.stringContaining("one\tgold/new.csv\twritten\t+1 -0"),
        "one\tproblems.json\twritten\tbronze/bad.csv was refused, but should be processed.",
      ],
    ]);
    expect(stderr).toContain(
      "updated in 1 of 1 case. Files: 2 changed, 4 written, 1 removed. Without --update they differ",
    );
    const after = stamps(one);
    for (const file of ["anomalies/b.csv", "silver/.gitkeep"])
      expect([file, after[file]]).toEqual([file, before[file]]);
    expect(fs.readdirSync(join(one, "silver")).sort()).toEqual([".gitkeep", "b.csv", "new.csv"]);

    const json = await cli(["replay", "again", "--update", "--json"], { cwd });
    const [result] = JSON.parse(json.stdout).cases;
    expect([result.outcome, result.updated.map((change: { file: string; what: string }) => change.what)]).toEqual([
      "same",
      ["removed", "changed", "written", "written", "changed", "written", "written"],
    ]);
    expect(result.updated[1]).toEqual({
      file: "silver/b.csv",
      what: "changed",
      diff: expect.stringContaining("-2025-01-01T00:00:00Z,FAB-1,20.5,C,0.1\n+2025-01-01T00:00:00Z,FAB-1,21.5,C,0.1\n"),
    });
    const nothing = await cli(["replay", "again", "--update"], { cwd });
    expect([nothing.code, nothing.stdout]).toEqual([0, "one\t\tunchanged\t\n"]);
    expect(nothing.stderr).toBe("Nothing was updated: what came out is what was expected.\n");
  });

  it("--update tells what it did also when one file cannot be written or the report cannot", async () => {
    const cwd = await caseFolder();
    const one = join(cwd, "cases/one");
    fs.writeFileSync(join(one, "bronze/b.csv"), HEADER + ROW + ROW);
    fs.rmSync(join(one, "silver/b.csv"));
    fs.mkdirSync(join(one, "silver/b.csv"));
    const { code, stdout } = await cli(["replay", "cases", "--update", "--json", "--junit", "no/j.xml"], { cwd });
    const [{ outcome, error, updated }] = JSON.parse(stdout).cases;
    expect([code, outcome, error]).toEqual([1, "error", expect.stringContaining('Cannot update "silver/b.csv": ')]);
    expect(updated.map(({ file }: { file: string }) => file)).toEqual(["anomalies/b.csv", "gold/b.csv"]);
  });

  it("tells a file that should be refused and is not, and the other way round", async () => {
    const cwd = await caseFolder();
    fs.writeFileSync(join(cwd, "cases/one/case.json"), '{ "refused": ["bronze/b.csv"] }');
    const { stdout } = await cli(["replay", "cases/one"], { cwd });
    expect(stdout).toContain("bronze/b.csv should be refused, but was processed.");
  });

  it("takes the case's own threshold, and says what is wrong with a case file", async () => {
    const cwd = folder({ "cases/one/bronze/b.csv": HEADER + ODD, "cases/one/case.json": '{ "threshold": 0.95 }' });
    await cli(["replay", "cases", "--update"], { cwd });
    expect(fs.readFileSync(join(cwd, "cases/one/silver/b.csv"), "utf8")).toBe(HEADER + ODD);
    fs.writeFileSync(join(cwd, "cases/one/case.json"), '{ "treshold": 1 }');
    const { code, stdout, stderr } = await cli(["replay", "cases", "--json"], { cwd });
    expect([code, JSON.parse(stdout).cases[0].outcome]).toEqual([1, "error"]);
    expect(stderr).toContain('"treshold"');
  });

  it("--update takes no lake for a case: its outputs are somebody's data", async () => {
    const cwd = folder({ "lake/bronze/b.csv": HEADER + ROW });
    await cli(["run"], { cwd });
    const before = stamps(cwd);
    const { code, stderr } = await cli(["replay", "lake", "--update"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining("it is a lake")]);
    expect(stamps(cwd)).toEqual(before);
  });

  it("shows the first difference of two files that have nothing in common", async () => {
    const cwd = await caseFolder();
    const other = Array.from({ length: 30_000 }, (_, i) => `other ${i}\n`).join("");
    fs.writeFileSync(join(cwd, "cases/one/bronze/b.csv"), HEADER + ROW.repeat(30_000));
    fs.writeFileSync(join(cwd, "cases/one/silver/b.csv"), other);
    const { code, stdout } = await cli(["replay", "cases"], { cwd });
    expect([code, stdout]).toEqual([1, expect.stringContaining("Line 1:\n-other 0\n+timestamp,")]);
  });

  it("counts what could not be run apart from what differs, and suggests the very update that helps", async () => {
    const cwd = folder({
      "my cases/one/bronze/b.csv": HEADER + ROW,
      "my cases/two/bronze/b.csv": HEADER + ROW,
      "my cases/two/case.json": "{",
    });
    const both = await cli(["replay", "my cases"], { cwd });
    expect(both.stderr).toContain("1 of 2 cases could not be run.\n");
    expect(both.stderr).toContain(
      "1 of 2 cases differ. If that is what you want: vantageflow replay 'my cases' --update\n",
    );
    fs.rmSync(join(cwd, "my cases/one"), { recursive: true });
    const broken = await cli(["replay", "my cases"], { cwd });
    expect([broken.code, broken.stderr.includes("--update")]).toEqual([1, false]);
  });

  it("says what a folder without cases lacks", async () => {
    const cwd = folder({ "none/x": "" });
    for (const name of ["none", "missing"]) {
      const { code, stderr } = await cli(["replay", name], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`Cannot replay "${name}"`)]);
    }
  });

  it("writes a JUnit report that parses", async () => {
    const cwd = await caseFolder();
    fs.writeFileSync(join(cwd, "cases/one/gold/b.csv"), "<changed> & \u001b\n");
    await cli(["replay", "cases", "--junit", "junit.xml"], { cwd });
    const xml = fs.readFileSync(join(cwd, "junit.xml"), "utf8");
    expect(xml).toContain('<testsuites tests="1" failures="1" errors="0"');
    expect(xml).toContain("-&lt;changed&gt; &amp; \ufffd");
    expect(wellFormed(xml)).toBe(true);
  });

  it("prints a JSON document of the shape that others build on", async () => {
    const cwd = await caseFolder();
    const same = await cli(["replay", "cases", "--json"], { cwd });
    expect([same.code, same.stderr, JSON.parse(same.stdout)]).toEqual([
      0,
      "",
      { version: 1, cases: [{ case: "one", outcome: "same", differences: [] }] },
    ]);
    fs.rmSync(join(cwd, "cases/one/gold/b.csv"));
    const differs = JSON.parse((await cli(["replay", "cases", "--json"], { cwd })).stdout);
    expect(differs.cases).toEqual([
      {
        case: "one",
        outcome: "different",
        differences: [{ key: "gold/b.csv", kind: "unexpected", diff: expect.stringContaining("+FAB-1,2,32.25") }],
      },
    ]);
  });

  it("sees one changed byte, a line end, and a missing last one", async () => {
    const cwd = await caseFolder();
    const silver = join(cwd, "cases/one/silver/b.csv");
    const right = fs.readFileSync(silver, "utf8");
    for (const wrong of [right.replace("\n", "\r\n"), right.slice(0, -1), `${right}\n`, right.replace("C", "c"), ""]) {
      fs.writeFileSync(silver, wrong);
      const { code, stdout } = await cli(["replay", "cases", "--json"], { cwd });
      const [difference] = JSON.parse(stdout).cases[0].differences;
      expect([wrong, code, difference.kind, difference.diff.startsWith("--- expected/silver/b.csv\n")]).toEqual([
        wrong,
        1,
        "changed",
        true,
      ]);
    }
  });

  it("reads the cases and writes nothing into them", async () => {
    const cwd = await caseFolder();
    fs.writeFileSync(join(cwd, "cases/one/gold/b.csv"), "x");
    fs.writeFileSync(join(cwd, "cases/one/silver/.gitkeep"), "");
    const before = stamps(cwd);
    await cli(["replay", "cases"], { cwd });
    expect(stamps(cwd)).toEqual(before);
    expect(fs.existsSync(join(cwd, "lake"))).toBe(false);
  });

  it("takes several folders and single cases, in the order they are given", async () => {
    const bronze = {
      "b/z/bronze/1.csv": HEADER,
      "b/a/bronze/1.csv": HEADER + ROW,
      "single/bronze/year=1/2.csv": HEADER,
    };
    const cwd = folder(bronze);
    const { code, stdout } = await cli(["replay", "single/", "b", "--update", "--json"], { cwd });
    const cases: { case: string; outcome: string }[] = JSON.parse(stdout).cases;
    expect([code, cases.map((one) => `${one.case} ${one.outcome}`)]).toEqual([0, ["single same", "a same", "z same"]]);
    expect(fs.readFileSync(join(cwd, "single/silver/year=1/2.csv"), "utf8")).toBe(HEADER);
    expect((await cli(["replay", "single", "b"], { cwd })).code).toBe(0);
  });

  it("tells a file that is refused and should not be", async () => {
    const cwd = await caseFolder();
    fs.writeFileSync(join(cwd, "cases/one/bronze/bad.csv"), "");
    const { code, stdout } = await cli(["replay", "cases", "--json"], { cwd });
    expect([code, JSON.parse(stdout).cases[0].differences]).toEqual([
      1,
      [{ key: "bronze/bad.csv", kind: "refused", diff: "bronze/bad.csv was refused, but should be processed.\n" }],
    ]);
  });

  it("--update makes a case the same at once, also when what is refused has changed", async () => {
    const cwd = await caseFolder();
    fs.writeFileSync(join(cwd, "cases/one/bronze/bad.csv"), "");
    fs.writeFileSync(join(cwd, "cases/one/case.json"), '{ "threshold": 0.5 }');
    const updated = await cli(["replay", "cases", "--update", "--json"], { cwd });
    expect(fs.readFileSync(join(cwd, "cases/one/case.json"), "utf8")).toBe('{ "threshold": 0.5 }');
    expect([updated.code, JSON.parse(updated.stdout).cases]).toEqual([
      0,
      [
        {
          case: "one",
          outcome: "same",
          differences: [],
          updated: [
            { file: "problems.json", what: "written", diff: "bronze/bad.csv was refused, but should be processed.\n" },
          ],
        },
      ],
    ]);
  });

  it("says of every mistake in case.json what it is", async () => {
    const cwd = await caseFolder();
    for (const [text, why] of [
      ['{ "threshold": 2 }', "its threshold is not a number from 0 to 1"],
      ['{ "threshold": "0.5" }', "its threshold is not a number from 0 to 1"],
      ['{ "refused": "bronze/b.csv" }', "its refused is not a list of bronze keys"],
      ['{ "refused": [1] }', "its refused is not a list of bronze keys"],
      ["[]", "it is not a JSON object"],
      ["{", "it is not a JSON object"],
    ]) {
      fs.writeFileSync(join(cwd, "cases/one/case.json"), text);
      const { code, stdout } = await cli(["replay", "cases", "--json"], { cwd });
      const [{ outcome, error }] = JSON.parse(stdout).cases;
      expect([text, code, outcome, error]).toEqual([text, 1, "error", expect.stringContaining(why)]);
    }
  });

  it("holds every case to the threshold that is asked for, its own first", async () => {
    const cwd = folder({
      "cases/own/bronze/b.csv": HEADER + ROW,
      "cases/own/case.json": '{ "threshold": 0.05 }',
      "cases/plain/bronze/b.csv": HEADER + ROW,
    });
    await cli(["replay", "cases", "--update"], { cwd });
    const { stdout } = await cli(["replay", "cases", "--anomaly-threshold", "0.01", "--json"], { cwd });
    const cases: { case: string; outcome: string }[] = JSON.parse(stdout).cases;
    expect(cases.map((one) => `${one.case} ${one.outcome}`)).toEqual(["own same", "plain different"]);
  });

  it("a case without bronze is an error of that case; the others run", async () => {
    const cwd = await caseFolder();
    fs.mkdirSync(join(cwd, "cases/empty"));
    const { code, stdout } = await cli(["replay", "cases", "--json", "--junit", "j.xml"], { cwd });
    const cases: { case: string; outcome: string }[] = JSON.parse(stdout).cases;
    expect([code, cases.map((one) => `${one.case} ${one.outcome}`)]).toEqual([1, ["empty error", "one same"]]);
    const xml = fs.readFileSync(join(cwd, "j.xml"), "utf8");
    expect(xml).toContain('<testsuites tests="2" failures="0" errors="1"');
    expect(wellFormed(xml)).toBe(true);
  });

  it("escapes what a fixture would send to the terminal in a diff", async () => {
    const cwd = await caseFolder();
    fs.writeFileSync(join(cwd, "cases/one/silver/b.csv"), "\u001b[2J\u202e\n");
    const { stdout } = await cli(["replay", "cases"], { cwd });
    expect(stdout).toContain("-\\x1b[2J\\u202e\n");
  });
});
