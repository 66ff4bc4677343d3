import { findObject } from "../storage/find.ts";
import type { LakeStorage, LakeVersions, ObjectInfo } from "../storage/port.ts";
import { DAY_MS } from "../time.ts";
import { byFunction, FUNCTION_IDS, type FunctionId, layerOf, retentionDaysOf, topology } from "../topology.ts";
import { sourceKeyOf } from "./batch-source.ts";
import { batchPathOf, keysIn } from "./layers.ts";
import { functionFolder, receiptName } from "./names.ts";
import { outputsOf, writesElsewhere } from "./outputs.ts";
import { type Receipt, readReceipts } from "./receipts.ts";

/** What tells an object that is gone as it should be from one that somebody took away. */
export interface Absences {
  readonly storage: LakeStorage;
  /**
   * What a directory keeps of what vantageflow itself removed; null for a bucket, where a delete marker does not say who
   * removed the object.
   */
  readonly versions: LakeVersions | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Whether an object that was there at `since` (ms since the epoch) is gone by its retention, or vantageflow removed it. */
export async function isGoneByRule({ versions, now }: Absences, key: string, since: number): Promise<boolean> {
  if (now - since >= retentionOf(key)) return true;
  const [newest] = (await versions?.versions(key)) ?? [];
  return newest?.deleted === true && newest.time >= since;
}

function retentionOf(key: string): number {
  const layer = layerOf(key);
  return layer === undefined ? 0 : retentionDaysOf(layer) * DAY_MS;
}

/**
 * What the functions made of a batch whose bronze somebody took away (renamed, moved or removed) before its retention
 * ended, gold first: a report still counts it. Silver that was put there by hand is a source of its own, and its gold is
 * an orphan once it is taken away. Only what metadata or a receipt proves to be made of the batch.
 */
export async function orphansOf(absences: Absences, path: string): Promise<ObjectInfo[]> {
  const { storage } = absences;
  for (const id of FUNCTION_IDS) {
    const { name } = topology.functions[id];
    const source = await sourceKeyOf(storage, id, path);
    if ((await findObject(storage, source)) !== null) return [];
    const done = (await readReceipts(storage, name, source)).filter(({ outcome }) => outcome === "done");
    if (done.length === 0) continue;
    return (await isGoneByRule(absences, source, putAt(done))) ? [] : outputsOf(storage, source);
  }
  return [];
}

/** When the object of these receipts was put there; those of older versions only say when it was processed. */
export function putAt(receipts: readonly Receipt[]): number {
  const times = receipts.map(({ source, started }) => Date.parse(source.modified ?? started));
  return Math.max(...times.filter(Number.isFinite), 0);
}

/** What a look at a lake lists. */
export interface Listings {
  readonly bronze: readonly ObjectInfo[];
  readonly silver: readonly ObjectInfo[];
  readonly anomalies: readonly ObjectInfo[];
  readonly gold: readonly ObjectInfo[];
  readonly receipts: readonly ObjectInfo[];
}

/**
 * Paths of batches that may have orphans, by listings alone, in key order: there are outputs, or a receipt of what may have
 * some in layers that are not listed, and no source, and a receipt that was written within the retention of the source.
 * {@link orphansOf} decides.
 */
export function orphanCandidates(listings: Listings, now: number): string[] {
  const bronze = new Set(listings.bronze.map(({ key }) => batchPathOf(key)));
  const elsewhere = FUNCTION_IDS.filter((id) => writesElsewhere(id).length > 0);
  const unlisted = elsewhere.flatMap((id) => [...recent(id, listings.receipts, now)]);
  const lost = [...listings.silver, ...listings.anomalies, ...listings.gold]
    .map(({ key }) => batchPathOf(key))
    .concat(unlisted)
    .filter((path) => !bronze.has(path));
  if (lost.length === 0) return [];
  const { bronze: landed, silver, anomalies, gold } = listings;
  const present = new Set([landed, silver, anomalies, gold].flat().map(({ key }) => key));
  const processed = byFunction((id) => recent(id, listings.receipts, now));
  const isLost = (id: FunctionId, path: string) =>
    processed[id].has(path) && !keysIn(topology.functions[id].startedBy.prefix, path).some((key) => present.has(key));
  return [...new Set(lost)].filter((path) => FUNCTION_IDS.some((id) => isLost(id, path))).toSorted();
}

/** The path of the batch that a receipt is of; undefined for what is no receipt. */
export function pathOfReceipt(key: string): string | undefined {
  const name = receiptName(key);
  const id = FUNCTION_IDS.find((one) => topology.functions[one].name === name?.function);
  if (name === null || id === undefined) return undefined;
  return batchPathOf(`${topology.functions[id].startedBy.prefix}${name.path}`);
}

/** Paths whose source a receipt has seen within its retention: it was put there before its receipt was written. */
function recent(id: FunctionId, receipts: readonly ObjectInfo[], now: number): ReadonlySet<string> {
  const { name, startedBy } = topology.functions[id];
  const oldest = now - retentionOf(startedBy.prefix);
  const folder = functionFolder(name);
  const young = receipts.filter(({ key, modified }) => modified > oldest && key.startsWith(folder));
  return new Set(young.flatMap(({ key }) => pathOfReceipt(key) ?? []));
}
