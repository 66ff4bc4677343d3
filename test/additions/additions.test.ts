import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADDITIONS, addTo } from "./additions.ts";

/** What it takes to add one of each to this repository, counted on a copy in which all of them are added and work. */

const home = mkdtempSync(join(tmpdir(), "vantageflow-additions-"));
const copy = join(home, "copy");
const lake = join(home, "lake");
const HEADER = "timestamp,device_id,value,unit,anomaly_score";

beforeAll(() => {
  mkdirSync(copy);
  for (const name of ["src", "kernel", "scripts", "package.json", "tsconfig.json", "LICENSE"]) {
    cpSync(name, join(copy, name), { recursive: true });
  }
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
  for (const addition of ADDITIONS) addTo(copy, addition);
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: copy });
}, 120_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

function vantageflow(...args: string[]): string {
  return execFileSync(process.execPath, [join(copy, "dist/cli.js"), ...args, "--quiet"], {
    cwd: home,
    encoding: "utf8",
  });
}

describe("adding one of each to a copy", () => {
  it.each(ADDITIONS)("a $what touches at most $limit of the files that there are", ({ places, limit }) => {
    expect(new Set(places.map(([file]) => file)).size).toBeLessThanOrEqual(limit);
  });

  it("leaves the types of the whole right", () => {
    const config = { extends: "./tsconfig.json", include: ["src"], exclude: ["src/dashboard/page"] };
    writeFileSync(join(copy, "tsconfig.src.json"), JSON.stringify(config));
    const tsc = resolve("node_modules/.bin/tsc");
    const { stdout } = spawnSync(tsc, ["--noEmit", "-p", "tsconfig.src.json"], { cwd: copy, encoding: "utf8" });
    expect(stdout).toBe("");
  }, 120_000);

  it("a source format is taken in, a command does what it says and stands in --help", () => {
    writeFileSync(join(home, "b.tsv"), `${HEADER}\n2025-01-01T00:00:00Z,A,1,C,0.1\n`.replaceAll(",", "\t"));
    vantageflow("ingest", "b.tsv", "--lake", lake);
    expect(readFileSync(join(lake, "gold/b.csv"), "utf8")).toContain("\nA,1,1.0,");
    expect([vantageflow("count", "--lake", lake), vantageflow("count", "--twice", "--lake", lake)]).toEqual([
      "1\n",
      "2\n",
    ]);
    expect(vantageflow("--help")).toContain("how many objects of gold there are");
  }, 60_000);

  it("a function does what there is to do once, behind those that feed it, and again when its object is made anew", () => {
    const keysOf = (work: string) => JSON.parse(work).work.map(({ key }: { key: string }) => key);
    const work = () => keysOf(vantageflow("run", "--lake", lake, "--dry-run", "--json"));
    expect(work()).toEqual(["gold/b.csv"]);
    vantageflow("run", "--lake", lake);
    const noted = () => readFileSync(join(lake, "notes/b.csv"), "utf8");
    expect(noted()).toBe(`${readFileSync(join(lake, "gold/b.csv")).length}\n`);
    expect(work()).toEqual([]);
    writeFileSync(join(lake, "notes/b.csv"), "");
    vantageflow("run", "--lake", lake, "--reprocess");
    expect(noted()).toBe(`${readFileSync(join(lake, "gold/b.csv")).length}\n`);
    const { functions } = JSON.parse(vantageflow("explain", "bronze/b.csv", "--lake", lake, "--json"));
    expect(functions.map((one: { source: string }) => one.source)).toEqual([
      "bronze/b.csv",
      "silver/b.csv",
      "gold/b.csv",
    ]);
  }, 60_000);

  describe("what a function made of a batch", () => {
    const other = join(home, "other");
    /** What is made of what comes first. */
    const madeOf = (path: string) => [
      ...[`notes/${path}`, `notes/bytes/${path}.txt`],
      ...["gold", "silver", "anomalies"].map((layer) => `${layer}/${path}`),
    ];
    const there = (path: string) => madeOf(path).filter((key) => existsSync(join(other, key)));
    const said = (...args: string[]) =>
      JSON.parse(
        spawnSync(process.execPath, [join(copy, "dist/cli.js"), ...args, "--json"], { cwd: home }).stdout.toString(),
      );
    const make = (path: string) => {
      writeFileSync(join(home, path), `${HEADER}\n2025-01-01T00:00:00Z,A,1,C,0.1\n`);
      vantageflow("ingest", path, "--lake", other, "--overwrite");
      vantageflow("run", "--lake", other);
      expect(there(path)).toEqual(madeOf(path));
    };

    it("goes with the rest when the batch is refused, and comes again with it", () => {
      make("refused.csv");
      writeFileSync(join(other, "bronze/refused.csv"), "junk\n");
      expect(said("run", "--lake", other).batches).toMatchObject([{ key: "bronze/refused.csv", outcome: "refused" }]);
      expect(there("refused.csv")).toEqual([]);
      make("refused.csv");
    }, 60_000);

    it("is an orphan with the rest when its bronze is taken away, even where it alone is left", () => {
      make("taken.csv");
      make("left.csv");
      rmSync(join(other, "bronze/taken.csv"));
      for (const layer of ["bronze", "silver", "anomalies", "gold"]) rmSync(join(other, layer, "left.csv"));
      const orphans = [...there("left.csv"), ...there("taken.csv")];
      expect(orphans).toHaveLength(7);
      const found = () => said("verify", "--lake", other);
      const keys = (findings: readonly { key: string; state: string }[]) =>
        findings.filter(({ state }) => state === "orphaned").map(({ key }) => key);
      expect(keys(found().findings).toSorted()).toEqual(orphans.toSorted());
      expect(said("explain", "bronze/taken.csv", "--lake", other).orphans).toEqual(there("taken.csv"));
      const { reasons } = said("status", "--lake", other).health;
      expect(reasons.map(({ message }: { message: string }) => message).join()).toContain("7 outputs are orphaned");
      said("verify", "--fix", "--yes", "--lake", other);
      expect([there("taken.csv"), there("left.csv")]).toEqual([[], []]);
      expect(keys(found().findings)).toEqual([]);
    }, 60_000);
  });

  it("a layer is kept by expire and brought along by backup", () => {
    mkdirSync(join(lake, "notes"), { recursive: true });
    writeFileSync(join(lake, "notes/a.txt"), "kept");
    utimesSync(join(lake, "notes/a.txt"), 0, 0);
    const expired = vantageflow("expire", "--lake", lake, "--now", "2099-01-01", "--dry-run");
    expect(expired).toContain("gold/b.csv");
    expect(expired).not.toContain("\tremove\tnotes\t");
    vantageflow("backup", join(home, "backup"), "--lake", lake);
    expect(readFileSync(join(home, "backup/notes/a.txt"), "utf8")).toBe("kept");
  }, 60_000);

  it("a store is opened by its URL", () => {
    const script = `import { openStorage } from ${JSON.stringify(join(copy, "dist/index.js"))};
      const storage = openStorage(${JSON.stringify(`shelf:${lake}`)});
      for await (const { key } of storage.list("gold/")) console.log(key);
      await storage.close();`;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(out).toBe("gold/b.csv\n");
  }, 60_000);
});
