import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { junitXml } from "../../src/cli/junit.ts";
import { cli, folder, HEADER, ODD, ROW } from "./run-cli.ts";

const FIXTURES = resolve("fixtures");

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
    expect(cases.every(({ outcome }: { outcome: string }) => outcome === "same")).toBe(true);
    expect(cases.length).toBeGreaterThanOrEqual(16);
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
    const reasons = "stray_quote field_count timestamp_invalid device_id_invalid value_invalid anomaly_score_invalid";
    for (const reason of `${reasons} anomaly_score_out_of_range`.split(" ")) {
      const file = join(FIXTURES, `rejects-${reason.replaceAll("_", "-")}/anomalies/${reason}.rejects.csv`);
      expect(fs.readFileSync(file, "utf8")).toContain(`,${reason},`);
    }
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
      "case.json",
      "gold",
      "silver",
    ]);
    expect(JSON.parse(fs.readFileSync(join(cwd, "cases/one/case.json"), "utf8"))).toEqual({
      refused: ["bronze/bad.csv"],
    });
    expect(fs.readdirSync(join(cwd, "cases/one/silver"))).toEqual(["b.csv"]);
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
});

describe("junitXml", () => {
  it("escapes whatever is in a name or a message", () => {
    const hostile = `<&>"'\u0000\u001b]]>\ud800`;
    const xml = junitXml({ name: hostile, cases: [{ name: hostile, seconds: 1, failure: null, error: hostile }] });
    expect(wellFormed(xml)).toBe(true);
    expect(xml).not.toContain("\u001b");
  });
});

/** By Python's parser where there is one, else by balance of its tags. */
function wellFormed(xml: string): boolean {
  try {
    execFileSync("python3", ["-c", "import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())"], {
      input: xml,
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return false;
    const opened = xml.match(/<[a-z][^>]*[^/]>/g)?.length;
    return opened === xml.match(/<\/[a-z]+>/g)?.length;
  }
}
