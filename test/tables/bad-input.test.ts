import * as fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { type Add, parseActions } from "../../src/tables/delta/actions.ts";
import { inProcess as cli } from "../cli/in-process.ts";
import { folder, HEADER, ODD, ROW, stamps } from "../cli/run-cli.ts";
import { hasDeltaRs, runDeltaRs } from "./delta-rs.ts";
import { rowsOfLayers, rowsOfTable } from "./table.ts";

/** Tables that are not as they were left, as whoever types the commands meets them. */

const TABLE = "lake/tables/readings";
const keyOf = (version: number) => `_delta_log/${String(version).padStart(20, "0")}.json`;
const LAYERS = ["bronze", "silver", "anomalies", "gold"];

function upload(cwd: string, name: string, text: string): void {
  fs.mkdirSync(join(cwd, "lake/bronze"), { recursive: true });
  fs.writeFileSync(join(cwd, "lake/bronze", name), HEADER + text);
}

const first = folder();

/** A lake with a table of three batches, each in a file of its own, and one batch that waits. */
beforeAll(async () => {
  const cwd = first;
  for (const name of ["a.csv", "b.csv", "c.csv"]) {
    upload(cwd, name, ROW + ODD);
    await cli(["run"], { cwd });
    await cli(["tables", "sync"], { cwd });
  }
  upload(cwd, "a.csv", ODD);
  await cli(["run"], { cwd });
});

function lakeWithTable(): string {
  const cwd = folder();
  fs.cpSync(first, cwd, { recursive: true, preserveTimestamps: true });
  return cwd;
}

/** The paths of the files that the table has had, by their versions. */
function adds(cwd: string): Add[] {
  const log = fs.readdirSync(join(cwd, TABLE, "_delta_log")).filter((name) => name.endsWith(".json"));
  return log.sort().flatMap((name) => {
    const text = fs.readFileSync(join(cwd, TABLE, "_delta_log", name), "utf8");
    return parseActions(text, name).flatMap(({ add }) => add ?? []);
  });
}

async function bothOf(cwd: string): Promise<[string[], string[]]> {
  const storage = createLocalStorage({ root: join(cwd, "lake") });
  const both: [string[], string[]] = [await rowsOfTable(storage), await rowsOfLayers(storage)];
  await storage.close();
  return both;
}

const stampsOf = (cwd: string) => stamps(join(cwd, TABLE));

/** Whatever is called stops with this code and a word, and leaves the table as it is; a rebuild makes it whole, without the rows that silver has not. */
async function stopsAndIsRebuilt(cwd: string, commands: readonly string[], code: string, word: RegExp): Promise<void> {
  const before = stampsOf(cwd);
  for (const command of commands) {
    const { code: exit, stdout, stderr } = await cli([...command.split(" "), "--json"], { cwd });
    expect([command, exit, stderr]).toEqual([command, 1, expect.stringMatching(word)]);
    expect([command, JSON.parse(stdout).error]).toMatchObject([command, { code }]);
    expect([command, stderr]).toEqual([command, expect.stringContaining("vantageflow tables sync --rebuild")]);
    expect([command, stampsOf(cwd)]).toEqual([command, before]);
  }
  for (const layer of LAYERS) fs.rmSync(join(cwd, `lake/${layer}/c.csv`), { force: true });
  const { code: exit, stdout, stderr } = await cli(["tables", "sync", "--rebuild", "--yes", "--json"], { cwd });
  expect([exit, JSON.parse(stdout)]).toMatchObject([0, { lost_batches: ["c.csv"], batches: 2 }]);
  expect(stderr).toContain("1 batch had been in the table that silver does not have any more: c.csv.");
  const [table, layers] = await bothOf(cwd);
  expect([table.length, table]).toEqual([3, layers]);
  expect(await cli(["verify", "--prefix", "tables/"], { cwd })).toMatchObject({ code: 0 });
}

const ALL = ["tables sync", "tables compact", "tables vacuum", "tables list"];

describe("a table in which something is damaged", () => {
  it("names the gap of its log, whoever asks", async () => {
    const cwd = lakeWithTable();
    fs.rmSync(join(cwd, TABLE, keyOf(2)));
    const word = /0{19}2\.json": it is not there, and version 3 is: the log has a gap/;
    await stopsAndIsRebuilt(cwd, [...ALL, "tables history", "expire"], "table_damaged", word);
  });

  it("names a commit that is cut off", async () => {
    const cwd = lakeWithTable();
    const path = join(cwd, TABLE, keyOf(3));
    fs.truncateSync(path, fs.statSync(path).size - 20);
    await stopsAndIsRebuilt(
      cwd,
      ["tables sync"],
      "table_damaged",
      /0{19}3\.json": line \d is no action of a Delta log/,
    );
  });

  it.each([
    ["cut off", /snappy\.parquet": it is no whole Parquet file/],
    ["gone", /snappy\.parquet": the log of the table names it, and it is not there/],
  ])("names a file that is %s, where somebody needs it", async (how, word) => {
    const cwd = lakeWithTable();
    const [{ path, size }] = adds(cwd);
    if (how === "gone") fs.rmSync(join(cwd, TABLE, path));
    else fs.truncateSync(join(cwd, TABLE, path), size >> 1);
    const verified = await cli(["verify", "--prefix", "tables/"], { cwd });
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(path)]);
    await stopsAndIsRebuilt(cwd, ["tables sync", "tables compact"], "table_damaged", word);
  });
});

describe("a table that another program has written into", () => {
  /** A commit behind the newest. */
  function commitTheirs(cwd: string, ...actions: readonly object[]): void {
    const lines = [{ commitInfo: { operation: "THEIRS", engineInfo: "theirs" } }, ...actions];
    fs.writeFileSync(join(cwd, TABLE, keyOf(4)), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  it("is left alone where its protocol is newer", async () => {
    const cwd = lakeWithTable();
    const features = { readerFeatures: ["deletionVectors"], writerFeatures: ["deletionVectors"] };
    commitTheirs(cwd, { protocol: { minReaderVersion: 3, minWriterVersion: 7, ...features } });
    const word =
      /reader version 3 and writer version 7 \(deletionVectors\), and vantageflow knows 1 and 2\. Nothing was/;
    await stopsAndIsRebuilt(cwd, [...ALL, "tables history", "expire"], "table_unsupported", word);
  });

  it("is left alone where its columns are others", async () => {
    const cwd = lakeWithTable();
    const [created] = parseActions(fs.readFileSync(join(cwd, TABLE, keyOf(0)), "utf8"), "").flatMap(
      ({ metaData }) => metaData ?? [],
    );
    commitTheirs(cwd, { metaData: { ...created, schemaString: created.schemaString.replace('"double"', '"long"') } });
    const word = /its column "value" is "\\"long\\"", not double/;
    await stopsAndIsRebuilt(cwd, ["tables sync", "tables compact"], "table_unsupported", word);
  });

  it("keeps what they have done: the next version is behind theirs", async () => {
    const cwd = lakeWithTable();
    const theirs = adds(cwd)[1];
    commitTheirs(cwd, { remove: { path: theirs.path, deletionTimestamp: 1, dataChange: true } });
    const before = fs.readFileSync(join(cwd, TABLE, keyOf(4)));
    expect((await cli(["tables", "sync"], { cwd })).code).toBe(0);
    expect((await cli(["tables", "compact"], { cwd })).code).toBe(0);
    expect(fs.readFileSync(join(cwd, TABLE, keyOf(4)))).toEqual(before);
    const [table, layers] = await bothOf(cwd);
    expect(table).toEqual(layers.filter((row) => JSON.parse(row).batch !== "b.csv"));
    const { stdout } = await cli(["tables", "history"], { cwd });
    expect(stdout.split("\n").map((line) => line.split("\t")[2])).toEqual(
      expect.arrayContaining(["OPTIMIZE", "WRITE", "THEIRS", "CREATE TABLE"]),
    );
  });

  it.skipIf(!hasDeltaRs)("is understood where that was delta-rs, up to its compression, which is named", async () => {
    const cwd = lakeWithTable();
    const path = join(cwd, TABLE);
    runDeltaRs(`t = deltalake.DeltaTable(${JSON.stringify(path)}); t.delete("batch = 'b.csv'")`);
    fs.writeFileSync(join(path, `${keyOf(9)}#1`), "half");
    expect((await cli(["tables", "sync"], { cwd })).code).toBe(0);
    const [table, layers] = await bothOf(cwd);
    expect(table).toEqual(layers.filter((row) => JSON.parse(row).batch !== "b.csv"));
    runDeltaRs(`t = deltalake.DeltaTable(${JSON.stringify(path)}); t.optimize.compact()`);
    upload(cwd, "d.csv", ROW);
    await cli(["run"], { cwd });
    // Nothing of their file has to be read for this.
    expect((await cli(["tables", "sync"], { cwd })).code).toBe(0);
    const { stdout } = await cli(["tables", "list", "--json"], { cwd });
    expect(JSON.parse(stdout).tables).toMatchObject([{ rows: 4, files: 2 }]);
    upload(cwd, "a.csv", ROW + ROW);
    await cli(["run"], { cwd });
    const before = stampsOf(cwd);
    const refused = await cli(["tables", "sync"], { cwd });
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/zstd\.parquet": parquet unsupported compression codec: ZSTD, which another program has/),
    ]);
    expect(stampsOf(cwd)).toEqual(before);
    expect((await cli(["tables", "sync", "--rebuild", "--yes"], { cwd })).code).toBe(0);
    const [rebuilt, wanted] = await bothOf(cwd);
    expect(rebuilt).toEqual(wanted);
  });
});
