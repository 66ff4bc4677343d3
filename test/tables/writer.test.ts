import * as fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import type { Add } from "../../src/tables/delta/actions.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { openParquet } from "../../src/tables/parquet/read.ts";
import { vacuumReadings } from "../../src/tables/readings/expire.ts";
import { dropReadings } from "../../src/tables/readings/rebuild.ts";
import { keysOf, textOf } from "../pipeline/lake.ts";
import { syncContext, TABLE } from "./table.ts";
import { commitsIn, footerOf, namesIn, type Written, writtenTable } from "./written.ts";

/**
 * What a writer must do so that delta-rs, polars, Spark and Trino read what it wrote, each line as the table in docs/tables.md has it,
 * held against the bytes in the folder. `node scripts/seed-defects.mjs` sees each of them fail.
 */

let root: string;
let storage: LakeStorage;
let commits: Written[];
let adds: Add[];

beforeAll(async () => {
  ({ root, storage } = await writtenTable());
  commits = commitsIn(root);
  adds = commits.flatMap(({ actions }) => actions.flatMap(({ add }) => add ?? []));
});

/** The columns that the log says after each commit, for its files. */
function schemas(): { readonly add: Add; readonly fields: Record<string, unknown>[] }[] {
  let fields: Record<string, unknown>[] = [];
  return commits.flatMap(({ actions }) => {
    for (const { metaData } of actions) if (metaData !== undefined) ({ fields } = JSON.parse(metaData.schemaString));
    return actions.flatMap(({ add }) => (add === undefined ? [] : [{ add, fields }]));
  });
}

const vacuum = (lake: LakeStorage) => {
  const later = Date.now() + 30 * 86_400_000;
  return vacuumReadings({ ...syncContext(lake), now: () => later }, { now: later, clock: later });
};

describe("what a writer must do", () => {
  it("1: versions have no hole", () => {
    expect(commits.length).toBeGreaterThan(20);
    expect(commits.map(({ name }) => name)).toEqual(commits.map((_, i) => `${String(i).padStart(20, "0")}.json`));
  });

  it("2: a JSON object a line, whole numbers, statistics as a text, times and exact sizes", () => {
    for (const { name, text } of commits) {
      expect([name, text.endsWith("\n"), text.includes("\n\n"), text.startsWith("{")]).toEqual([
        name,
        true,
        false,
        true,
      ]);
      // Within texts there may be fractions: statistics are one.
      const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
      expect([name, /\d[.eE]/.exec(bare)?.[0] ?? null]).toEqual([name, null]);
    }
    for (const { path, size, modificationTime, stats } of adds) {
      const real = fs.statSync(join(root, TABLE, decodeURIComponent(path))).size;
      expect([path, size, typeof stats, modificationTime > 0]).toEqual([path, real, "string", true]);
    }
  });

  it("3: one action for a path in a commit, a new name for every file, and nothing else in the folder", () => {
    for (const { name, actions } of commits) {
      const paths = actions.flatMap(({ add, remove }) => (add ?? remove)?.path ?? []);
      expect([name, new Set(paths).size]).toEqual([name, paths.length]);
    }
    const paths = adds.map(({ path }) => decodeURIComponent(path));
    expect(new Set(paths).size).toBe(paths.length);
    const known = /^_delta_log\/(\d{20}\.(json|checkpoint\.parquet)|_last_checkpoint)$/;
    expect(namesIn(root).filter((name) => !known.test(name))).toEqual(paths.sort());
  });

  it("4: the pointer names a whole checkpoint, while a vacuum or a rebuild takes the log away, too", async () => {
    const pointer = `${TABLE}_delta_log/_last_checkpoint`;
    const problems: string[] = [];
    const copy = join(root, "..", "copied");
    async function watched(work: (lake: LakeStorage) => Promise<unknown>): Promise<void> {
      const lake: LakeStorage = {
        ...storage,
        async remove(key, token) {
          await storage.remove(key, token);
          const { version } = JSON.parse((await textOf(storage, pointer)) ?? "{}");
          const log = await keysOf(storage, `${TABLE}_delta_log/0`);
          const versions = log.filter((one) => one.endsWith(".json")).map((one) => Number(/(\d{20})/.exec(one)?.[1]));
          const isWhole = version === undefined || log.some((one) => one.includes(`${version}.checkpoint.parquet`));
          if (!isWhole) problems.push(`${key}: the pointer names ${version}, which is gone`);
          if (versions.length > 0 && versions.at(-1)! - versions[0] !== versions.length - 1)
            problems.push(`${key}: a hole`);
        },
      };
      await work(lake);
    }
    expect(JSON.parse((await textOf(storage, pointer)) ?? "{}").version).toBe(19);
    fs.cpSync(root, copy, { recursive: true, preserveTimestamps: true });
    await watched(vacuum);
    expect([problems, commitsIn(root)[0].name]).toEqual([[], `${"19".padStart(20, "0")}.json`]);
    await watched((lake) => dropReadings(syncContext(lake)));
    expect([problems, namesIn(root)]).toEqual([[], []]);
    fs.cpSync(copy, root, { recursive: true, preserveTimestamps: true });
  });

  it("5: the value of a partition is in its path and in the log, never in a file, and null is null", () => {
    const dates = new Set<string | null>();
    for (const { path, partitionValues } of adds) {
      const [, inPath] = /^date=([^/]+)\/[^/]+$/.exec(decodeURIComponent(path)) ?? [];
      const { date } = partitionValues;
      dates.add(date);
      expect([Object.keys(partitionValues), inPath]).toEqual([["date"], date ?? "__HIVE_DEFAULT_PARTITION__"]);
      expect(encodeURI(decodeURIComponent(path))).toBe(path);
      expect(footerOf(root, { path }).schema.map(({ name }) => name)).not.toContain("date");
    }
    expect([dates.has(null), dates.size > 5]).toEqual([true, true]);
  });

  it("6: a file has the columns of the log in the types that readers want, and all may be null", () => {
    const physical: Record<string, unknown> = {
      timestamp: ["INT64", "TIMESTAMP_MICROS", { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" }],
      integer: ["INT32", undefined, undefined],
      double: ["DOUBLE", undefined, undefined],
      string: ["BYTE_ARRAY", "UTF8", { type: "STRING" }],
      boolean: ["BOOLEAN", undefined, undefined],
    };
    for (const { add, fields } of schemas()) {
      const names = fields.map(({ name }) => String(name).toLowerCase());
      expect(new Set(names).size).toBe(names.length);
      expect(fields.every(({ nullable }) => nullable === true)).toBe(true);
      const [, ...inFile] = footerOf(root, add).schema;
      for (const one of inFile) {
        const field = fields.find(({ name }) => name === one.name);
        const form = [one.type, one.converted_type, one.logical_type];
        expect([one.name, one.repetition_type, form]).toEqual([one.name, "OPTIONAL", physical[String(field?.type)]]);
      }
    }
    expect(
      schemas()
        .at(-1)
        ?.fields.map(({ name }) => name),
    ).toEqual(expect.arrayContaining(["note", "Value_2", "a_b", "NOTE_2"]));
  });

  it("7: statistics are exact, and every value is between its bounds, in the log and in the file", async () => {
    const order = (a: unknown, b: unknown) =>
      typeof a === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a) - Number(b);
    let cut = 0;
    for (const add of adds) {
      const { numRecords, minValues, maxValues, nullCount } = JSON.parse(add.stats ?? "");
      const { row_groups: groups } = footerOf(root, add);
      const file = await openParquet(storage, `${TABLE}${decodeURIComponent(add.path)}`, add.size);
      expect([add.path, numRecords]).toEqual([add.path, file.rows]);
      for (const [c, column] of file.columns.entries()) {
        let nulls = 0;
        for (const [g, group] of file.groups.entries()) {
          const stored = Array.from(await file.read(column, group));
          const values = stored.filter((value) => value !== null);
          const { min_value: low, max_value: high, null_count } = groups[g].columns[c].meta_data?.statistics ?? {};
          if (null_count !== undefined) expect(Number(null_count)).toBe(stored.length - values.length);
          nulls += stored.length - values.length;
          for (const value of values) {
            expect(typeof value === "number" && (Number.isNaN(value) || Object.is(value, -0))).toBe(false);
            const shown = typeof value === "bigint" ? new Date(Number(value / 1000n)).toISOString() : value;
            for (const [bounds, sign] of [
              [minValues, 1],
              [maxValues, -1],
            ] as const) {
              const { [column]: bound } = bounds;
              if (bound === undefined) cut += sign === -1 ? 1 : 0;
              else expect([add.path, column, sign * order(shown, bound) >= 0]).toEqual([add.path, column, true]);
            }
            if (typeof value === "bigint" || typeof value === "boolean") continue;
            if (low !== undefined) expect([column, order(value, low) >= 0]).toEqual([column, true]);
            if (high !== undefined) expect([column, order(value, high) <= 0]).toEqual([column, true]);
          }
        }
        expect([add.path, column, nulls]).toEqual([add.path, column, nullCount[column]]);
      }
    }
    // Of booleans, of what no time of four digits says, and of the text that has no character to raise.
    expect(cut).toBeGreaterThan(100);
  });

  it("8: the file of a commit was written when the commit says, and times rise", () => {
    const said = commits.map(({ actions }) => Number(actions[0].commitInfo?.timestamp));
    expect(commits.map(({ written }) => Math.trunc(written))).toEqual(said);
    expect(said).toEqual([...new Set(said)].sort((a, b) => a - b));
  });

  it("9: what foreign writers drop is not needed: there are no tags, and the protocol is theirs", () => {
    expect(adds.filter(({ tags }) => tags !== undefined)).toEqual([]);
    const protocols = commits.flatMap(({ actions }) => actions.flatMap(({ protocol }) => protocol ?? []));
    expect(protocols).toEqual([{ minReaderVersion: 1, minWriterVersion: 2 }]);
  });

  it("10: a glob of data finds the files that there are, once nobody needs older ones, and nothing else", async () => {
    await vacuum(storage);
    const snapshot = await readSnapshot(storage, TABLE);
    const found = namesIn(root).filter((name) => /^date=[^/]*\/[^/]*\.parquet$/.test(name));
    expect(found).toEqual([...(snapshot?.files.keys() ?? [])].sort());
    expect([found.length > 0, found.length < adds.length]).toEqual([true, true]);
  });
});
