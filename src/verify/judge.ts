import { BRONZE, SILVER } from "../ledger/layers.ts";
import { type Receipt, tallyOf } from "../ledger/receipts.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, functionIn, triggeredBy } from "../topology.ts";
import { type BatchPlace, keysOf, type ListedBatch, PLACES } from "./batches.ts";

/** What becomes of holding an object against the ledger. */
export const STATES = ["intact", "changed", "missing", "orphaned", "unknown", "stale"] as const;
export type State = (typeof STATES)[number];
/** Objects of each state. */
export type Counts = Readonly<Record<State, number>>;

/** Makes what there is to make of an object again; where that is refused, nothing is left. */
export interface Remake {
  readonly function: FunctionId;
  readonly from: string;
  readonly isRefused: boolean;
}

/** How `verify --fix` mends it: makes it again, or removes it; null where it cannot. */
type Mend = Remake | "remove" | null;

/** One object that was held against the ledger, whether it is there or not. */
export interface Finding {
  readonly key: string;
  readonly state: State;
  /** Empty where it is intact. */
  readonly why: string;
  readonly mend: Mend;
}

/** The receipts of a batch, read; only those that are of it. */
export type Ledger = Readonly<Record<FunctionId, readonly Receipt[]>>;

/** One set of bytes that the ledger names. */
interface Entry {
  readonly size: number;
  /** Null where the receipt was written without it. */
  readonly sha256: string | null;
  readonly receipt: Receipt;
}

/** What the ledger says of each place of a batch: any of these bytes, for a newer receipt may stand beside an older one. */
export type Entries = Readonly<Record<BatchPlace, readonly Entry[]>>;

export function entriesOf({ path, bronze: source }: Pick<ListedBatch, "path" | "bronze">, ledger: Ledger): Entries {
  const keys = keysOf(path, source);
  const written = (receipts: readonly Receipt[], key: string): Entry[] =>
    receipts.flatMap((receipt) => {
      const output = receipt.outcome === "done" ? receipt.outputs.find((one) => one.key === key) : undefined;
      return output === undefined ? [] : [{ size: output.size, sha256: output.sha256, receipt }];
    });
  const read = (receipts: readonly Receipt[]): Entry[] =>
    receipts.map((receipt) => ({ size: receipt.source.size, sha256: receipt.source.sha256, receipt }));
  const at = (key: string): Entry[] => {
    const made = FUNCTION_IDS.flatMap((id) => written(ledger[id], key));
    const reader = functionIn(key);
    // Silver that no split wrote was put there by hand: then the receipt of its gold says which bytes it had.
    return made.length > 0 || reader === null ? made : read(ledger[reader]);
  };
  const { bronze, silver, anomalies, rejects, gold } = keys;
  return { bronze: at(bronze), silver: at(silver), anomalies: at(anomalies), rejects: at(rejects), gold: at(gold) };
}

/** Whether the bytes have to be read to know: where the sizes differ, or no receipt names a digest, they need not. */
export function needsDigest(object: ObjectInfo, entries: readonly Entry[]): boolean {
  return entries.some(({ size, sha256 }) => size === object.size && sha256 !== null);
}

/** All that is known of a batch. */
export interface Evidence {
  readonly batch: ListedBatch;
  readonly entries: Entries;
  /** Of those that {@link needsDigest} asks for, lower-case hex. */
  readonly digests: ReadonlyMap<BatchPlace, string>;
  readonly orphans: ReadonlySet<string>;
  /** Places whose object is gone as it should be: by its retention, or vantageflow removed it. */
  readonly goneByRule: ReadonlySet<BatchPlace>;
  /** Why nobody reads its bronze; null where somebody does, and where that was not asked. */
  readonly unread: string | null;
  /** Today's, which what was made is held against. */
  readonly code: string;
  readonly anomalyThreshold: number;
}

/** The objects of a batch, each with its state; of those that have no place in it only the orphans. */
export function judge(evidence: Evidence): Finding[] {
  const { batch, entries, orphans } = evidence;
  const source = sourceOf(evidence);
  const keys = keysOf(batch.path, batch.bronze);
  const findings: Finding[] = [];
  const isLost = lostSource(evidence);
  const isPartial = OUTPUTS.some((place) => batch.objects[place] !== null);
  // Of what is refused there is nothing to be missing.
  const hasOutputs = orphans.size === 0 && (isLost === null || isPartial) && !isRefused(matching(evidence, "bronze"));
  for (const place of PLACES) {
    const object = batch.objects[place];
    if (object !== null) findings.push(present(evidence, place, object, source));
    else if (place === isLost) findings.push({ key: keys[place], state: "missing", why: MISSING, mend: null });
    // What is not there of a batch that is an orphan goes with it.
    else if (hasOutputs && isNamed(entries[place]) && place !== "bronze") {
      if (!evidence.goneByRule.has(place)) findings.push(missing(keys[place], place, source));
    }
  }
  const placed = new Set(Object.values(keys));
  if (batch.other !== null) findings.push({ key: batch.other.key, state: "unknown", why: OTHER, mend: null });
  return [...findings, ...[...orphans].filter((key) => !placed.has(key)).map(orphaned)];
}

const OUTPUTS = ["silver", "anomalies", "rejects", "gold"] as const;
const MISSING = "its receipt names it, and it is not there";
/** Told of what `run` will process. */
export const WAITS = "no receipt names it: it waits to be processed";
const OTHER = "what would be made of it has the names of what is made of another: it is refused";
const CHANGED = "its bytes are not those that its receipt names";
const LEFT = "it was made of an upload before the one that stands there now, which is refused";
const ORPHANED = "its source is gone: it was renamed, moved or removed";

/** The place of a source that is lost: not by its retention, and no output of it is an orphan that tells so. */
function lostSource(evidence: Evidence): BatchPlace | null {
  const { entries, orphans, goneByRule } = evidence;
  const { objects } = evidence.batch;
  if (orphans.size > 0) return null;
  // Orphans whose removal was stopped before that of their receipts.
  const outputs = OUTPUTS.filter((place) => isNamed(entries[place]));
  if (outputs.length > 0 && outputs.every((place) => objects[place] === null && goneByRule.has(place))) return null;
  if (objects.bronze === null && entries.bronze.some(isDone)) return goneByRule.has("bronze") ? null : "bronze";
  // Of refused bronze there is no silver, whatever a receipt says that came into a replica by itself.
  if (entries.bronze.some(isDone) || objects.silver !== null || isRefused(matching(evidence, "bronze"))) return null;
  return entries.silver.some(isDone) && !goneByRule.has("silver") ? "silver" : null;
}

function isDone({ receipt }: Entry): boolean {
  return receipt.outcome === "done";
}

function isRefused(bronze: Entry | undefined): boolean {
  return bronze?.receipt.outcome === "refused";
}

/**
 * Whether an output stands beside bronze that is refused, which takes all that was made before with it. In a replica both arrive by
 * themselves, and no removal does.
 */
function isLeftBehind(evidence: Evidence, place: BatchPlace, { receipt }: Entry): boolean {
  if (!isRefused(matching(evidence, "bronze"))) return false;
  if (place !== "gold") return receipt.source.key.startsWith(BRONZE) && place !== "bronze";
  // Silver that was put there by hand has its gold.
  const silver = matching(evidence, "silver");
  return evidence.batch.objects.silver === null || silver?.receipt.source.key.startsWith(BRONZE) === true;
}

function isNamed(entries: readonly Entry[]): boolean {
  return entries.some(isDone);
}

/** From what an output of this batch can be made again: bronze, else (for gold) silver, where its bytes are intact. Bronze that is refused makes none. */
function sourceOf(evidence: Evidence): (place: BatchPlace) => Mend {
  const keys = keysOf(evidence.batch.path, evidence.batch.bronze);
  const bronze = matching(evidence, "bronze");
  const silver = matching(evidence, "silver");
  return (place) => {
    if (isRefused(bronze)) return from(keys.bronze, true);
    if (bronze !== undefined && isDone(bronze)) return from(keys.bronze);
    const isAlone = evidence.batch.objects.bronze === null || bronze !== undefined;
    return place === "gold" && silver !== undefined && isAlone ? from(keys.silver) : null;
  };
}

function from(key: string, isRefused = false): Mend {
  const id = functionIn(key);
  return id === null ? null : { function: id, from: key, isRefused };
}

/** The entry that names the bytes which stand there. */
function matching({ batch, entries, digests }: Evidence, place: BatchPlace): Entry | undefined {
  const [object, digest] = [batch.objects[place], digests.get(place)];
  if (object === null || digest === undefined) return undefined;
  return entries[place].find(({ size, sha256 }) => size === object.size && sha256 === digest);
}

function present(
  evidence: Evidence,
  place: BatchPlace,
  { key, size }: ObjectInfo,
  source: (place: BatchPlace) => Mend,
): Finding {
  if (evidence.orphans.has(key)) return orphaned(key);
  const entries = evidence.entries[place];
  if (entries.length === 0) return unknown(evidence, place, key, source);
  const entry = matching(evidence, place);
  if (entry === undefined) {
    if (entries.some((one) => one.sha256 === null && one.size === size)) {
      return { key, state: "unknown", why: "its receipt names no digest", mend: null };
    }
    return { key, state: "changed", why: CHANGED, mend: source(place) };
  }
  if (isLeftBehind(evidence, place, entry)) return { key, state: "changed", why: LEFT, mend: source(place) };
  const why = isSource(place, entry) ? "" : staleness(evidence, entry.receipt);
  return { key, state: why === "" ? "intact" : "stale", why, mend: null };
}

/** What was put there is of no version. */
function isSource(place: BatchPlace, { receipt }: Entry): boolean {
  return place === "bronze" || (place === "silver" && receipt.source.key.startsWith(SILVER));
}

function staleness({ code, anomalyThreshold }: Evidence, receipt: Receipt): string {
  const threshold = tallyOf(receipt)?.anomaly_threshold ?? anomalyThreshold;
  if (threshold !== anomalyThreshold) return `made with threshold ${threshold}, and it is ${anomalyThreshold} now`;
  return receipt.code === code ? "" : `made by version ${receipt.code}, and this is ${code}`;
}

function unknown(
  { entries, unread }: Evidence,
  place: BatchPlace,
  key: string,
  source: (place: BatchPlace) => Mend,
): Finding {
  const isInput = place === "bronze" || (place === "silver" && !entries.bronze.some(isDone));
  if (!isInput) return { key, state: "unknown", why: "no receipt names it", mend: source(place) };
  if (place === "bronze" && unread !== null) {
    return { key, state: "unknown", why: `no receipt names it: ${unread}`, mend: null };
  }
  const why = triggeredBy(key) !== null ? WAITS : "no function starts for its name";
  return { key, state: "unknown", why, mend: null };
}

function orphaned(key: string): Finding {
  return { key, state: "orphaned", why: ORPHANED, mend: "remove" };
}

function missing(key: string, place: BatchPlace, source: (place: BatchPlace) => Mend): Finding {
  return { key, state: "missing", why: MISSING, mend: source(place) };
}
