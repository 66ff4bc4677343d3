import type { Failed } from "../bounded.ts";
import { BRONZE, batchPathOf, GOLD, keysIn, outputKeys } from "../ledger/layers.ts";
import { receiptName } from "../ledger/names.ts";
import { planFunction } from "../ledger/pending.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, LakeVersions, ObjectInfo, RetainedVersion } from "../storage/port.ts";
import { DAY_MS } from "../time.ts";
import { FUNCTION_IDS, functionNamed, retentionDaysOf, topology } from "../topology.ts";

/** The name of a layer, as in topology.json. */
type LayerName = string;

interface Expired {
  readonly layer: LayerName;
  readonly object: ObjectInfo;
  /** Whole days since it was put there. */
  readonly ageDays: number;
}

/** Why an object stays beyond its time: no function has processed it; the table of readings has not taken it in yet; it is the receipt of an object that is there. */
type KeptReason = "unprocessed" | "not_in_table" | "object_is_there" | "replaced";

export interface Kept {
  readonly key: string;
  readonly reason: KeptReason;
}

interface Purged extends RetainedVersion {
  readonly layer: LayerName;
  /** Whole days since it was replaced or removed. */
  readonly ageDays: number;
}

/** Gold that stays, though after this nothing is left to compute it from again. */
export interface ExpireWarning {
  readonly code: "gold_not_rebuildable";
  readonly keys: readonly string[];
}

export interface ExpirePlan {
  /** The time as of which it was planned, milliseconds since the epoch. */
  readonly now: number;
  readonly remove: readonly Expired[];
  readonly purge: readonly Purged[];
  /** Every key that there was in a layer that expires by age. */
  readonly present: ReadonlySet<string>;
  readonly kept: readonly Kept[];
  /** What is past its time and cannot be removed. */
  readonly failed: readonly Failed[];
  readonly warnings: readonly ExpireWarning[];
}

/** What the planning looks at: listings, and nothing read. */
export interface Inventory {
  /** The objects of each layer that expires by age. */
  readonly layers: ReadonlyMap<LayerName, readonly ObjectInfo[]>;
  readonly retained: ReadonlyMap<LayerName, readonly RetainedVersion[]>;
  /** Keys whose versions cannot be looked at. */
  readonly failed: readonly Failed[];
  /** Keys that a function has yet to process, those that wait for a contract included. */
  readonly work: ReadonlySet<string>;
}

/** Lists a lake for {@link planExpire}: each layer that expires by age, each layer's retained versions, and what there is to do. */
export async function takeInventory(storage: LakeStorage, versions: LakeVersions): Promise<Inventory> {
  const layers = new Map<LayerName, ObjectInfo[]>();
  const retained = new Map<LayerName, RetainedVersion[]>();
  const failed: Failed[] = [];
  const onFailed = (key: string, message: string) => void failed.push({ key, message });
  for (const [layer, { prefix, expires }] of Object.entries(topology.layers)) {
    if (expires === "age") layers.set(layer, await all(storage.list(prefix)));
    retained.set(layer, await all(versions.retained(prefix, onFailed)));
  }
  const work = new Set<string>();
  // Last: an object that lands meanwhile is not in the listings, and one that is replaced meanwhile has another token.
  for (const id of FUNCTION_IDS) {
    const plan = await planFunction(storage, id);
    for (const { object } of plan.work) work.add(object.key);
    for (const key of plan.unread) work.add(key);
  }
  return { layers, retained, failed, work };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/**
 * What has been in a layer that expires by age for longer than `retentionDays` is removed, but never work, nor the receipt of an object that
 * is there: both would make `run` do it again, or not at all. Versions that were replaced or removed more than
 * `noncurrentDays` ago are purged; what this very plan removes can be restored for as long. A key that no store takes is told in `failed`.
 */
export function planExpire(inventory: Inventory, now: number, notInTable: ReadonlySet<string> = new Set()): ExpirePlan {
  const remove: Expired[] = [];
  const kept: Kept[] = [];
  const failed = [...inventory.failed];
  const present = new Set([...inventory.layers.values()].flatMap((objects) => objects.map(({ key }) => key)));
  for (const [layer, kind] of Object.entries(topology.layers)) {
    for (const object of inventory.layers.get(layer) ?? []) {
      const age = now - object.modified;
      if (age < retentionDaysOf(kind) * DAY_MS) continue;
      const reason =
        reasonToKeep(object.key, inventory.work, present) ?? (notInTable.has(object.key) ? "not_in_table" : null);
      if (reason !== null) kept.push({ key: object.key, reason });
      else if (keyProblem(object.key) !== null) failed.push(unusable(object.key));
      else remove.push({ layer, object, ageDays: Math.floor(age / DAY_MS) });
    }
  }
  const old = planPurge(inventory.retained, now);
  const purge = old.filter(({ key }) => keyProblem(key) === null);
  failed.push(...old.filter(({ key }) => keyProblem(key) !== null).map(({ key }) => unusable(key)));
  return { now, remove, purge, present, kept, failed, warnings: warningsOf(present, remove) };
}

/** A store lists what it could not write itself, and does not touch it. */
function unusable(key: string): Failed {
  const how = "Remove it with the tool that put it there, or rename it";
  return { key, message: `Cannot remove ${JSON.stringify(key)}: ${keyProblem(key)}. ${how}.` };
}

function reasonToKeep(key: string, work: ReadonlySet<string>, present: ReadonlySet<string>): KeptReason | null {
  if (work.has(key)) return "unprocessed";
  // What it is of is the rows in a table, which outlive silver.
  if (receiptName(key)?.function === topology.functions.tables.name) return "object_is_there";
  return present.has(sourceOf(key)) ? "object_is_there" : null;
}

/** The key of the object that a receipt is of; "" for what is no receipt. */
function sourceOf(key: string): string {
  const name = receiptName(key);
  const id = functionNamed(name?.function ?? "");
  return name === null || id === null ? "" : `${topology.functions[id].startedBy.prefix}${name.path}`;
}

function planPurge(retained: Inventory["retained"], now: number): Purged[] {
  return Object.entries(topology.layers).flatMap(([layer, { noncurrentDays }]) =>
    (retained.get(layer) ?? [])
      .map((version) => ({ ...version, layer, ageDays: Math.floor((now - version.replaced) / DAY_MS) }))
      .filter(({ replaced }) => now - replaced >= noncurrentDays * DAY_MS),
  );
}

/** What is true of the lake once this is removed. */
export function warningsOf(present: ReadonlySet<string>, remove: readonly Expired[]): ExpireWarning[] {
  const going = new Set(remove.map(({ object }) => object.key));
  const staying = (key: string) => present.has(key) && !going.has(key);
  const keys = [...present].filter(
    (key) => key.startsWith(GOLD) && staying(key) && isRebuildable(key, (one) => present.has(one)),
  );
  const lost = keys.filter((key) => !isRebuildable(key, staying));
  return lost.length === 0 ? [] : [{ code: "gold_not_rebuildable", keys: lost }];
}

/** Gold comes from bronze, or from silver together with its anomalies. */
function isRebuildable(gold: string, has: (key: string) => boolean): boolean {
  const { silver, anomalies } = outputKeys(gold);
  return keysIn(BRONZE, batchPathOf(gold)).some(has) || (has(silver) && has(anomalies));
}
