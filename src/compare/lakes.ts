import { type Failed, mapEach } from "../bounded.ts";
import { hasCode, VantageflowError } from "../errors.ts";
import { BATCH_LAYERS, isCsvName } from "../ledger/layers.ts";
import { readChunks } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo, OnSkipped } from "../storage/port.ts";
import { hasReadings } from "../tables/readings/expired-silver.ts";
import { READINGS } from "../tables/readings/layout.ts";
import { topology } from "../topology.ts";
import { type CompareOptions, compareCsv } from "./csv.ts";
import type { CsvDifference } from "./findings.ts";
import { isSameObject, type Pair, pairObjects } from "./objects.ts";

/** An object that is on both sides with other bytes. */
export interface ObjectDifference {
  readonly key: string;
  /** Sizes, bytes. */
  readonly a: number;
  readonly b: number;
  /** Null for what is no CSV, or has a row too long for one. */
  readonly csv: CsvDifference | null;
  /** The offset of the first byte that differs, where there are no rows to tell. */
  readonly firstByte: number | null;
}

/** What of two lakes is compared. */
export interface Comparison {
  readonly pairs: readonly Pair[];
  /** Of the table rows of batches whose path begins with it; null where it is not compared, or there is none. */
  readonly tablePrefix: string | null;
}

export interface LakeDifferences {
  readonly same: number;
  readonly onlyInA: readonly ObjectInfo[];
  readonly onlyInB: readonly ObjectInfo[];
  readonly different: readonly ObjectDifference[];
  /** On both sides, and could not be compared. */
  readonly failed: readonly Failed[];
}

export interface CompareLakesOptions extends CompareOptions {
  /** Objects in flight at once. */
  readonly concurrency: number;
  /** Asked before each object; true starts no further one. */
  readonly stopped?: () => boolean;
  /** Called when an object that is on both sides was compared. */
  readonly onCompared?: (pair: Pair) => void;
}

/**
 * The prefixes of keys that a comparison lists: those of the layers of batches (receipts, logs and dead letters name times
 * and tokens), or what `prefix` names. A prefix that begins with a layer is one of keys; any other is one of the batches'
 * paths, in each of those layers.
 */
export function prefixesOf(prefix: string | undefined): readonly string[] {
  if (prefix === undefined) return BATCH_LAYERS;
  if (isTable(prefix)) return [];
  const layers = Object.values(topology.layers).map((layer) => layer.prefix);
  if (layers.some((layer) => prefix.startsWith(layer))) return [prefix];
  if (layers.includes(`${prefix}/`)) return [`${prefix}/`];
  return BATCH_LAYERS.map((layer) => `${layer}${prefix}`);
}

/** The table is compared by its rows, see `tables.ts`; only what `prefix` names within it is by its bytes. */
function isTable(prefix: string): boolean {
  const whole = `${prefix.replace(/\/$/, "")}/`;
  return whole === topology.layers.tables.prefix || whole === READINGS;
}

function tablePrefixOf(prefix = ""): string | null {
  if (isTable(prefix)) return "";
  const layers = Object.values(topology.layers).map((layer) => layer.prefix);
  return layers.some((layer) => `${prefix}/`.startsWith(layer)) ? null : prefix;
}

/**
 * Lists two lakes side by side. Throws `input_invalid` for a lake without any object, which is rather one that is not
 * there, and when there is nothing to compare.
 */
export async function planComparison(
  lakeA: LakeStorage,
  lakeB: LakeStorage,
  prefix: string | undefined,
  onSkipped?: OnSkipped,
): Promise<Comparison> {
  for (const lake of [lakeA, lakeB]) await checkThere(lake);
  const pairs: Pair[] = [];
  for (const one of prefixesOf(prefix)) {
    const [a, b] = [lakeA, lakeB].map((lake) => lake.list(one, { onSkipped }));
    for await (const pair of pairObjects(a, b)) pairs.push(pair);
  }
  const asked = tablePrefixOf(prefix);
  const tablePrefix = asked !== null && ((await hasReadings(lakeA)) || (await hasReadings(lakeB))) ? asked : null;
  if (pairs.length > 0 || tablePrefix !== null) return { pairs, tablePrefix };
  const under = prefix === undefined ? "in the layers of data" : `under ${JSON.stringify(prefix)}`;
  const why = `neither has an object ${under}. Check --prefix and the names of the lakes`;
  throw new VantageflowError("input_invalid", `Cannot compare "${lakeA.url}" and "${lakeB.url}": ${why}.`);
}

async function checkThere(lake: LakeStorage): Promise<void> {
  for await (const _ of lake.list("")) return;
  const why = `there is no object in ${lake.url}. Check the name of the lake`;
  throw new VantageflowError("input_invalid", `Cannot compare "${lake.url}": ${why}.`);
}

/**
 * Compares the pairs of a plan, object by object, then row by row and cell by cell. The order is the plan's. One object
 * that cannot be compared stops no other.
 */
export async function comparePairs(
  lakeA: LakeStorage,
  lakeB: LakeStorage,
  pairs: readonly Pair[],
  options: CompareLakesOptions,
): Promise<LakeDifferences> {
  let same = 0;
  const { done, failed } = await mapEach(pairs, { ...options, keyOf: ({ key }) => key }, async (pair) => {
    const { key, a, b } = pair;
    if (a === null || b === null) return null;
    try {
      if (!(await isSameObject(lakeA, lakeB, a, b))) {
        return { key, a: a.size, b: b.size, ...(await compareObject(lakeA, lakeB, key, options)) };
      }
      same++;
      return null;
    } finally {
      options.onCompared?.(pair);
    }
  });
  return {
    same,
    onlyInA: pairs.flatMap(({ a, b }) => (a !== null && b === null ? [a] : [])),
    onlyInB: pairs.flatMap(({ a, b }) => (b !== null && a === null ? [b] : [])),
    different: done,
    failed,
  };
}

async function compareObject(
  lakeA: LakeStorage,
  lakeB: LakeStorage,
  key: string,
  options: CompareOptions,
): Promise<Pick<ObjectDifference, "csv" | "firstByte">> {
  try {
    if (isCsvName(key)) return { csv: await compareCsv(lakeA, lakeB, key, options), firstByte: null };
  } catch (error) {
    if (!hasCode(error, "row_too_long")) throw error;
  }
  return { csv: null, firstByte: await firstDifference(lakeA, lakeB, key) };
}

/** The offset of the first byte that differs; the length of the shorter one where it is the start of the other. */
async function firstDifference(lakeA: LakeStorage, lakeB: LakeStorage, key: string): Promise<number> {
  const [a, b] = [readChunks(lakeA, key), readChunks(lakeB, key)];
  let [left, right]: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  try {
    for (let offset = 0; ; ) {
      if (left.length === 0) left = (await a.next()).value ?? left;
      if (right.length === 0) right = (await b.next()).value ?? right;
      const length = Math.min(left.length, right.length);
      if (length === 0) return offset;
      if (!left.subarray(0, length).equals(right.subarray(0, length))) {
        return offset + left.findIndex((byte, i) => byte !== right[i]);
      }
      offset += length;
      [left, right] = [left.subarray(length), right.subarray(length)];
    }
  } finally {
    await a.return();
    await b.return();
  }
}
