import type { LakeStorage } from "../storage/port.ts";
import { openParquet } from "../tables/parquet/read.ts";
import type { TableColumns } from "../tables/readings/columns.ts";
import { READINGS } from "../tables/readings/layout.ts";
import type { TableFile } from "../tables/scan/units.ts";
import { isSameObject } from "./objects.ts";
import { eachRow } from "./table-rows.ts";

/** The files of a day of a table: equal rows are of one day. */
export interface TableDay {
  readonly storage: LakeStorage;
  readonly columns: TableColumns;
  readonly files: readonly TableFile[];
}

/** Rows of one batch that are in one table only. */
export interface BatchDifference {
  /** Its path in silver. */
  readonly batch: string;
  readonly onlyInA: number;
  readonly onlyInB: number;
}

export interface DayOptions {
  /** Only rows of batches whose path begins with it. */
  readonly prefix: string;
  /** Digests of rows that are kept at once: more are compared in several passes over the day. */
  readonly kept?: number;
}

/** Some 40 MB. */
const KEPT = 250_000;

/** How many rows of a batch there are, and the sum of their digests, in parts of 32 bits: whatever their order is. */
interface Sum {
  rows: number;
  readonly parts: Uint32Array;
}

/** Tells by batch what the rows of a day differ in; returns how many are the same. Memory grows with batches, not with rows. */
export async function compareDay(
  a: TableDay,
  b: TableDay,
  { prefix, kept = KEPT }: DayOptions,
  tell: (difference: BatchDifference) => void,
): Promise<number> {
  // A copy has files of the same names. Which batches these have nobody asks.
  const shared = prefix === "" ? await sharedFiles(a, b) : new Map<string, number>();
  const [restA, restB] = [without(a, shared), without(b, shared)];
  const [sumsA, sumsB] = [await sumsOf(restA, prefix), await sumsOf(restB, prefix)];
  let same = [...shared.values()].reduce((sum, rows) => sum + rows, 0);
  const others = new Map<string, number>();
  for (const batch of new Set([...sumsA.keys(), ...sumsB.keys()])) {
    const [sumA, sumB] = [sumsA.get(batch), sumsB.get(batch)];
    if (sumA === undefined || sumB === undefined) tell({ batch, onlyInA: sumA?.rows ?? 0, onlyInB: sumB?.rows ?? 0 });
    else if (isSameSum(sumA, sumB)) same += sumA.rows;
    else {
      others.set(batch, sumA.rows + sumB.rows);
      same += sumA.rows;
    }
  }
  const passes = Math.ceil([...others.values()].reduce((sum, rows) => sum + rows, 0) / kept);
  for (let pass = 0; pass < passes; pass++) {
    const isOfPass = (batch: string, digest: string) => others.has(batch) && partOf(digest, 0) % passes === pass;
    for (const difference of await differencesOf(restA, restB, isOfPass)) {
      tell(difference);
      same -= difference.onlyInA;
    }
  }
  return same;
}

/** Files of one name and the same bytes, with their rows. */
async function sharedFiles(a: TableDay, b: TableDay): Promise<Map<string, number>> {
  const shared = new Map<string, number>();
  const inB = new Map(b.files.map(({ path, add }) => [path, add]));
  for (const { path, add } of a.files) {
    const [size, key] = [add.size, `${READINGS}${path}`];
    if (inB.get(path)?.size !== size || !(await isSameFile(a.storage, b.storage, key))) continue;
    shared.set(path, (await openParquet(a.storage, key, size)).rows);
  }
  return shared;
}

async function isSameFile(lakeA: LakeStorage, lakeB: LakeStorage, key: string): Promise<boolean> {
  const [a, b] = await Promise.all([lakeA.head(key), lakeB.head(key)]);
  return a !== null && b !== null && isSameObject(lakeA, lakeB, a, b);
}

function without(day: TableDay, files: ReadonlyMap<string, unknown>): TableDay {
  return { ...day, files: day.files.filter(({ path }) => !files.has(path)) };
}

async function sumsOf({ storage, columns, files }: TableDay, prefix: string): Promise<Map<string, Sum>> {
  const sums = new Map<string, Sum>();
  for (const file of files) {
    await eachRow(storage, file, columns, (batch, digest) => {
      if (!batch.startsWith(prefix)) return;
      const sum = sums.get(batch) ?? { rows: 0, parts: new Uint32Array(4) };
      if (sum.rows === 0) sums.set(batch, sum);
      sum.rows++;
      for (let part = 0; part < 4; part++) sum.parts[part] += partOf(digest, part);
    });
  }
  return sums;
}

/** 32 bits of a digest. */
function partOf(digest: string, part: number): number {
  const at = 4 * part;
  const half = (i: number) => digest.charCodeAt(i) * 256 + digest.charCodeAt(i + 1);
  return half(at) * 65_536 + half(at + 2);
}

function isSameSum(a: Sum, b: Sum): boolean {
  return a.rows === b.rows && a.parts.every((part, i) => part === b.parts[i]);
}

/** Counts the rows that are wanted, each side against the other. */
async function differencesOf(
  a: TableDay,
  b: TableDay,
  isWanted: (batch: string, digest: string) => boolean,
): Promise<BatchDifference[]> {
  const rows = new Map<string, { readonly batch: string; more: number }>();
  for (const [{ storage, columns, files }, one] of [[a, 1] as const, [b, -1] as const]) {
    for (const file of files) {
      await eachRow(storage, file, columns, (batch, digest) => {
        if (!isWanted(batch, digest)) return;
        const key = digest.slice(0, 16);
        const row = rows.get(key);
        if (row === undefined) rows.set(key, { batch, more: one });
        else if (row.more + one === 0) rows.delete(key);
        else row.more += one;
      });
    }
  }
  const found = new Map<string, { batch: string; onlyInA: number; onlyInB: number }>();
  for (const { batch, more } of rows.values()) {
    const difference = found.get(batch) ?? { batch, onlyInA: 0, onlyInB: 0 };
    if (more > 0) difference.onlyInA += more;
    else difference.onlyInB -= more;
    found.set(batch, difference);
  }
  return [...found.values()];
}
