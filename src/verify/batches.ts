import {
  ANOMALIES,
  BRONZE,
  batchPathOf,
  GOLD,
  isRejectsKey,
  keysIn,
  outputKeys,
  pathOf,
  SILVER,
} from "../ledger/layers.ts";
import { litterOf } from "../ledger/litter.ts";
import { functionFolder, receiptName } from "../ledger/names.ts";
import { findObject } from "../storage/find.ts";
import { compareKeys } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { reordered } from "../storage/reordered.ts";
import { byFunction, FUNCTION_IDS, type FunctionId, functionIn, matches, topology } from "../topology.ts";

/** What a batch has in a place of its own. */
export const PLACES = ["bronze", "silver", "anomalies", "rejects", "gold"] as const;
export type BatchPlace = (typeof PLACES)[number];

/** A batch as listings show it: what stands in its places, and where its receipts are. */
export interface ListedBatch {
  readonly path: string;
  /** What it is called in bronze, whether it is there or not. */
  readonly bronze: string;
  /** What stands in bronze under its other name, see `keysIn`: it is refused, and nothing is made of it. */
  readonly other: ObjectInfo | null;
  readonly objects: Readonly<Record<BatchPlace, ObjectInfo | null>>;
  readonly receipts: Readonly<Record<FunctionId, readonly string[]>>;
}

/** The function of what lands in bronze. */
const SPLIT = functionIn(BRONZE);

interface Listed {
  readonly path: string;
  readonly at: BatchPlace | FunctionId;
  readonly object: ObjectInfo;
}

/** Where something stands in the order of batches. */
interface Ordered extends Listed {
  readonly order: string;
}

/**
 * Every batch of which there is an object or a receipt and whose path begins with `prefix`, in the order of
 * {@link orderOf}. The listings are ordered, so they are merged as they come, in constant memory.
 */
export async function* listBatches(storage: LakeStorage, prefix = ""): AsyncGenerator<ListedBatch, void, undefined> {
  // The rejects of `a.csv` are those of a path that begins with `a.c`, too.
  const stem = prefix.replace(/\.(c(sv?)?)?$/i, "");
  const listings = [
    listedIn(storage, BRONZE, prefix, () => "bronze"),
    listedIn(storage, SILVER, prefix, () => "silver"),
    listedIn(storage, ANOMALIES, stem, (key) => (isRejectsKey(key) ? "rejects" : "anomalies")),
    listedIn(storage, GOLD, prefix, () => "gold"),
    ...FUNCTION_IDS.map((id) => receiptsIn(storage, id, prefix)),
  ].map((listing) => inOrder(listing)[Symbol.asyncIterator]());
  try {
    const next = async (side: AsyncIterator<Ordered>) => {
      const { done, value } = await side.next();
      return done === true ? null : value;
    };
    const heads = await Promise.all(listings.map(next));
    for (;;) {
      const first = heads.reduce((least, head) => (isBefore(head, least) ? head : least), null);
      if (first === null) return;
      const found: Listed[] = [];
      for (const [i, listing] of listings.entries()) {
        for (let head = heads[i]; head?.path === first.path; head = heads[i]) {
          found.push(head);
          heads[i] = await next(listing);
        }
      }
      if (isUnder(first.path, found, prefix)) yield batchOf(first.path, found);
    }
  } finally {
    for (const listing of listings) await listing.return?.(undefined);
  }
}

/** A batch `x.dat` that is called `x.dat.csv` in bronze is found by that name, too. */
function isUnder(path: string, found: readonly Listed[], prefix: string): boolean {
  return path.startsWith(prefix) || found.some(({ at }) => at === "bronze" || at === SPLIT);
}

/**
 * Batches are told in the order of what sorts last among the names of a batch: `a.csv` and its receipts `a.csv/…` come
 * before `a.rejects.csv`, but `x.dat.csv` and `x.dat.rejects.csv` before the receipts `x.dat/…`, and these before `x.dat0`.
 * So whatever a listing shows, all that comes before it has been listed.
 */
function orderOf(path: string): string {
  const { silver, rejects } = outputKeys(`${BRONZE}${path}`);
  return pathOf(silver) === path ? pathOf(rejects) : `${path}0`;
}

/** The order in which {@link listBatches} tells of batches. */
export function comparePaths(a: string, b: string): number {
  return compareKeys(orderOf(a), orderOf(b)) || compareKeys(a, b);
}

/** The batch of a path as it is now. */
export async function lookAt(storage: LakeStorage, path: string): Promise<ListedBatch> {
  const keys = keysOf(path);
  const found: Listed[] = [];
  for (const at of PLACES) {
    for (const key of at === "bronze" ? keysIn(BRONZE, path) : [keys[at]]) {
      // What stands there is of another batch: `a.rejects.csv` of `a.csv`, and neither of itself nor of `a`.
      const object = batchPathOf(key) === path ? await findObject(storage, key) : null;
      if (object !== null) found.push({ path, at, object });
    }
  }
  for (const id of FUNCTION_IDS) {
    for (const key of keysIn(topology.functions[id].startedBy.prefix, path)) {
      for await (const listed of receiptsIn(storage, id, `${pathOf(key)}/`)) {
        if (listed.path === path) found.push(listed);
      }
    }
  }
  return batchOf(path, found);
}

async function* listedIn(
  storage: LakeStorage,
  layer: string,
  prefix: string,
  placeOf: (key: string) => BatchPlace,
): AsyncGenerator<Listed, void, undefined> {
  for await (const object of storage.list(`${layer}${prefix}`)) {
    if (litterOf(object.key) === null) yield { path: batchPathOf(object.key), at: placeOf(object.key), object };
  }
}

async function* receiptsIn(
  storage: LakeStorage,
  id: FunctionId,
  prefix: string,
): AsyncGenerator<Listed, void, undefined> {
  const { name, startedBy } = topology.functions[id];
  for await (const object of storage.list(`${functionFolder(name)}${prefix}`)) {
    const input = `${startedBy.prefix}${receiptName(object.key)?.path ?? ""}`;
    // Only what a function may start for has a receipt: the order of batches relies on the end of its name.
    if (litterOf(input) === null && matches(startedBy, input)) yield { path: batchPathOf(input), at: id, object };
  }
}

/** The items of a listing in the order of {@link orderOf}. */
async function* inOrder(listing: AsyncIterable<Listed>): AsyncGenerator<Ordered, void, undefined> {
  yield* reordered(withOrder(listing), { nameOf: nameIn, orderOf: ({ order }) => order, compare });
}

async function* withOrder(listing: AsyncIterable<Listed>): AsyncGenerator<Ordered, void, undefined> {
  for await (const listed of listing) yield { ...listed, order: orderOf(listed.path) };
}

/** The name by which its listing orders it, without the listing's folder. */
function nameIn({ at, object: { key } }: Listed): string {
  const id = FUNCTION_IDS.find((one) => one === at);
  return id === undefined ? pathOf(key) : key.slice(functionFolder(topology.functions[id].name).length);
}

function compare(a: Ordered, b: Ordered): number {
  return compareKeys(a.order, b.order) || compareKeys(a.path, b.path);
}

function isBefore(a: Ordered | null, b: Ordered | null): boolean {
  return a !== null && (b === null || compare(a, b) < 0);
}

function batchOf(path: string, found: readonly Listed[]): ListedBatch {
  const at = (place: BatchPlace) => found.find((one) => one.at === place)?.object ?? null;
  const names = keysIn(BRONZE, path);
  const there = found.filter((one) => one.at === "bronze").map(({ object }) => object);
  const hasReceipt = (key: string) =>
    found.some((one) => one.at === SPLIT && receiptName(one.object.key)?.path === pathOf(key));
  const [only] = there.length === 1 ? there : [];
  const bronze = only?.key ?? names.find(hasReceipt) ?? names[0];
  return {
    path,
    bronze,
    other: there.find(({ key }) => key !== bronze) ?? null,
    objects: {
      bronze: there.find(({ key }) => key === bronze) ?? null,
      silver: at("silver"),
      anomalies: at("anomalies"),
      rejects: at("rejects"),
      gold: at("gold"),
    },
    receipts: byFunction((id) => found.filter((one) => one.at === id).map(({ object }) => object.key)),
  };
}

/** Where a batch of this path has its object, whether there is one or not. */
export function keysOf(path: string, bronze = `${BRONZE}${path}`): Readonly<Record<BatchPlace, string>> {
  return { bronze, ...outputKeys(bronze) };
}
