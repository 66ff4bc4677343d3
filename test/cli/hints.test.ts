import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ON_LAKE, withLakeInHints } from "../../src/cli/hints.ts";
import { DECLARED } from "./declared.ts";
import { cli, folder, HEADER, ROW } from "./run-cli.ts";

/** What is told to be typed next is on the lake that was asked about, whoever says it and where. */

/** These are on no lake, make one of their own, or are given two. */
const ELSEWHERE = ["contract infer", "contract check", "contract schema"].concat(
  ...["replay", "generate", "generate-event", "init", "demo", "diff"],
);

const leaves = DECLARED.filter(({ load }) => load !== undefined).map(({ path }) => path.join(" "));

/** The commands that a text names, each with what stands up to the next one; flags of examples in prose are none. */
function hintsIn(text: string): string[] {
  const names = leaves.filter((name) => !ELSEWHERE.includes(name)).toSorted((a, b) => b.length - a.length);
  const [, ...named] = text.split(/\bvantageflow (?=[a-z])/);
  return named.filter((one) =>
    names.some((name) => one === name || one.slice(0, name.length + 1).match(`^${name}[^\\w-]`)),
  );
}

const contract = (name: string, prefix = name) => ({
  version: 1,
  name,
  prefix: `bronze/${prefix}/`,
  format: { type: "csv" },
});
const other = (name: string) => ({
  ...contract(name),
  format: { type: "csv", delimiter: ";" },
  reading: {
    timestamp: { column: "time" },
    device_id: { constant: "x" },
    value: { measures: { a: { unit: "V" } } },
  },
});

describe("what is told to be typed", () => {
  it("knows of every command whether it is on a lake", () => {
    expect([...ON_LAKE, ...ELSEWHERE].sort()).toEqual(leaves.toSorted());
  });

  it("names the lake once, behind the command's own words, and none where it is the default one", () => {
    const said = "See vantageflow contract list; then vantageflow run --lake 'l 4', or vantageflow demo";
    expect(withLakeInHints(said, "l 4")).toBe(
      "See vantageflow contract list --lake 'l 4'; then vantageflow run --lake 'l 4', or vantageflow demo",
    );
    expect(withLakeInHints(said, "./lake")).toBe(said);
    expect(withLakeInHints("vantageflow runs, vantageflow restore-from B", "b")).toBe(
      "vantageflow runs, vantageflow restore-from --lake b B",
    );
  });

  it("is on the lake of --lake, in all that these command lines say", async () => {
    const cwd = folder({
      "readings.csv": HEADER + ROW,
      "odd.csv": "time;a\n2025-01-01T00:00:00Z;1\n",
      "records.json": '{"rows":[{"time":1}]}',
      "hobo.json": JSON.stringify(contract("hobo")),
      "hobo2.json": JSON.stringify({ ...contract("hobo"), threshold: [{ devices: "*", above: 0 }] }),
      "same.json": JSON.stringify(contract("same", "hobo")),
      "other.json": JSON.stringify(other("other")),
      "wrong.json": "{}",
    });
    const lines = [
      "contract list",
      "ingest readings.csv odd.csv records.json",
      "ingest readings.csv --name x.gz",
      "ingest --contract hobo.json readings.csv",
      "ingest --contract hobo2.json readings.csv",
      "contract apply same.json --yes",
      "contract check same.json",
      "ingest --contract other.json readings.csv",
      "plan --contract hobo2.json",
      "plan --contract same.json",
      "contract apply hobo2.json --yes",
      "contract list",
      "dlq list",
      "explain bronze/other/readings.csv",
      "explain bronze/hobo/readings.csv",
      "explain bronze/none.csv",
      "status",
      "contract show none",
      "contract remove hobo --yes",
      "contract show hobo",
      "ingest --contract hobo readings.csv",
      "ingest readings.csv --name hobo/x.csv",
      "explain bronze/hobo/readings.csv",
      "run",
      "verify",
      "report --device none",
      "versions bronze/odd.csv",
      "restore bronze/odd.csv --version-id none",
      "expire --now 2030-01-01 --dry-run",
      "dlq show none",
      "backup there",
      "contract remove hobo --release --yes",
    ];
    const spoken: string[] = [];
    const law = async (line: string, env = {}) => {
      const { stdout, stderr } = await cli([...line.split(" "), "--lake", "l4"], { cwd, env });
      const hints = hintsIn(stdout + stderr);
      spoken.push(...hints);
      expect([line, hints.filter((hint) => !hint.includes(" --lake "))]).toEqual([line, []]);
    };
    for (const line of lines) await law(line);
    // What lies in the lake and is no contract holds up all of it.
    writeFileSync(join(cwd, "l4/contracts/broken.json"), "{");
    for (const line of ["run", "status", "contract list"]) await law(line);
    rmSync(join(cwd, "l4/contracts/broken.json"));
    for (const name of ["a", "b"]) {
      writeFileSync(join(cwd, `l4/contracts/${name}.json`), JSON.stringify(contract(name, "hobo")));
    }
    for (const line of ["contract list", "run", "explain bronze/hobo/readings.csv"]) await law(line);
    expect(new Set(spoken.map((hint) => hint.split(" --lake ", 1)[0])).size).toBeGreaterThan(15);
  });
});
