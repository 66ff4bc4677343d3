import { inBatches, mapBounded } from "../bounded.ts";
import { type Pair, pairObjects } from "../compare/objects.ts";
import { hasCode } from "../errors.ts";
import { litterOf } from "../ledger/litter.ts";
import { DEAD_LETTERS, dismissedKey, isDismissedKey, RECEIPTS, receiptName } from "../ledger/names.ts";
import { compareKeys } from "../storage/keys.ts";
import { sha256Of } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { DAY_MS } from "../time.ts";
import { layerOf, retentionDaysOf } from "../topology.ts";
import type { Link } from "./chain.ts";
import { laterFailureOf, laterRunOf } from "./later-run.ts";
import { readManifest, type SealedEntry } from "./manifest.ts";

/**
 * What became of a receipt or dead letter since it was sealed: `intact`; `came`, since then; `remade`, by a later run, which says so
 * itself; `expired`, it is gone and older than its retention; `dismissed`, its letter is kept apart; `removed` and `rewritten`, what
 * none of these explains.
 */
export const CHANGES = ["intact", "came", "remade", "expired", "dismissed", "removed", "rewritten"] as const;
export type LedgerChange = (typeof CHANGES)[number];

export interface Compared {
  readonly key: string;
  readonly change: LedgerChange;
  /** When it was remade, as that run says, milliseconds since the epoch; else null. */
  readonly time: number | null;
  /** As it was sealed; null for what came since. */
  readonly sealed: SealedEntry | null;
  /** As it is now; null for what is gone. */
  readonly entry: SealedEntry | null;
}

export interface LedgerComparison {
  readonly storage: LakeStorage;
  /** What the ledger is held against; null where it was never sealed. */
  readonly newest: Link | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Objects in flight at once. */
  readonly concurrency: number;
  /**
   * Reads no object again that a listing shows unchanged, and takes what was sealed of it: for a new seal, which says of it what the
   * last one did.
   */
  readonly onlyNew?: boolean;
}

const BATCH = 256;

/**
 * Holds the ledger against its newest seal, in the order of keys and in constant memory. Throws `input_invalid` when the seal's
 * manifest is not what it was, at the end at the latest: then nothing of what was told before holds.
 */
export async function* compareLedger(context: LedgerComparison): AsyncGenerator<Compared, void, undefined> {
  const { storage, newest, concurrency } = context;
  const sealed = newest === null ? nothing() : readManifest(storage, newest.seal.manifest);
  for await (const pairs of inBatches(pairObjects<SealedEntry>(sealed, listLedger(storage)), BATCH)) {
    const compared = await mapBounded(pairs, concurrency, (pair) => compare(context, pair));
    for (const one of compared) if (one !== null) yield one;
  }
}

/** The same of one that was sealed, as it is now: a run may have been in the middle of it. */
export async function compareAgain(context: LedgerComparison, { key, sealed }: Compared): Promise<Compared | null> {
  return compare(context, { key, a: sealed, b: await context.storage.head(key) });
}

async function* nothing(): AsyncGenerator<SealedEntry, void, undefined> {}

/** Receipts and dead letters, in the order of their keys. */
async function* listLedger(storage: LakeStorage): AsyncGenerator<ObjectInfo, void, undefined> {
  for (const prefix of [RECEIPTS, DEAD_LETTERS].toSorted(compareKeys)) {
    for await (const object of storage.list(prefix)) {
      if (prefix === RECEIPTS ? receiptName(object.key) !== null : litterOf(object.key) === null) yield object;
    }
  }
}

/** Null for what came and went meanwhile. */
async function compare(
  context: LedgerComparison,
  { key, a: sealed, b: object }: Pair<SealedEntry>,
): Promise<Compared | null> {
  if (object === null) return sealed === null ? null : gone(context, sealed);
  const isSame = sealed?.token === object.token && sealed.size === object.size;
  if (context.onlyNew === true && isSame) return { key, change: "intact", time: null, sealed, entry: sealed };
  const sha256 = await digestOf(context.storage, key);
  if (sha256 === null) return sealed === null ? null : gone(context, sealed);
  const { token, size, modified } = object;
  const entry = { key, sha256, token, size, modified };
  if (sealed === null) return { key, change: "came", time: null, sealed, entry };
  if (sealed.sha256 === sha256) return { key, change: "intact", time: null, sealed, entry };
  const later = receiptName(key) === null ? laterFailureOf : laterRunOf;
  const time = await later(context.storage, key, sealedAt(context));
  return { key, change: time === null ? "rewritten" : "remade", time, sealed, entry };
}

async function gone(context: LedgerComparison, sealed: SealedEntry): Promise<Compared> {
  const { storage, now } = context;
  const { key, modified } = sealed;
  const about = { key, time: null, sealed, entry: null };
  if (receiptName(key) !== null) {
    const time = await laterRunOf(storage, key, sealedAt(context));
    if (time !== null) return { ...about, change: "remade", time };
  } else if (!isDismissedKey(key) && (await digestOf(storage, dismissedKey(key))) === sealed.sha256) {
    return { ...about, change: "dismissed" };
  }
  const layer = layerOf(key);
  const isOld = layer !== undefined && now - modified >= retentionDaysOf(layer) * DAY_MS;
  return { ...about, change: isOld ? "expired" : "removed" };
}

function sealedAt({ newest }: LedgerComparison): number {
  return Date.parse(newest?.seal.time ?? "");
}

/** Null for what is not there. */
async function digestOf(storage: LakeStorage, key: string): Promise<string | null> {
  try {
    return await sha256Of(storage, key);
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    throw error;
  }
}
