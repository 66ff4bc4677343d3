import { hasCode } from "../errors.ts";
import { sourceKeyOf } from "../ledger/batch-source.ts";
import { BRONZE, isOfBatch, keyIn } from "../ledger/layers.ts";
import { receiptKey } from "../ledger/names.ts";
import { type Absences, isGoneByRule, orphansOf, putAt } from "../ledger/orphans.ts";
import { type Receipt, readReceipt } from "../ledger/receipts.ts";
import { instant, sourcesSince, unreadBy } from "../ledger/sources.ts";
import { keyProblem } from "../storage/keys.ts";
import { sha256Of } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { byFunction, FUNCTION_IDS, type FunctionId, topology, triggeredBy } from "../topology.ts";
import { type BatchPlace, keysOf, type ListedBatch, lookAt, PLACES } from "./batches.ts";
import { type Entries, entriesOf, type Finding, judge, type Ledger, needsDigest } from "./judge.ts";
import { isInSource } from "./ledger.ts";

/** What batches are held against. */
export interface Examination extends Absences {
  /** Today's version and threshold: what was made by others is stale. */
  readonly code: string;
  readonly anomalyThreshold: number;
  /** The lake whose receipts these are, where the lake is its mirror; null where they are its own. */
  readonly source: LakeStorage | null;
  /** Hears of the bytes that were looked at. */
  readonly onObject?: ((object: ObjectInfo) => void) | undefined;
}

/** States that work under way can make, too: what is being processed has lost its receipt and has outputs of two versions. */
const FLEETING: readonly Finding["state"][] = ["changed", "missing", "orphaned", "unknown"];
/** A batch that changes all the time is looked at this often. */
const MAX_LOOKS = 3;

/**
 * Holds a batch against the ledger. What is not intact is looked at again until two looks agree: the batch may have been
 * processed in between. Throws `storage_failed`.
 */
export async function examine(context: Examination, listed: ListedBatch): Promise<Finding[]> {
  let findings = await examineOnce(context, listed).catch((error) => {
    // Removed or replaced since it was listed.
    if (hasCode(error, "not_found", "superseded")) return examinePath(context, listed.path);
    throw error;
  });
  for (let looks = 1; looks < MAX_LOOKS && findings.some(({ state }) => FLEETING.includes(state)); looks++) {
    const again = await examinePath({ ...context, onObject: undefined }, listed.path);
    const isSame = JSON.stringify(again) === JSON.stringify(findings);
    findings = again;
    if (isSame) break;
  }
  return findings;
}

/** The same for a batch as it is now. */
export async function examinePath(context: Examination, path: string): Promise<Finding[]> {
  return examineOnce(context, await lookAt(context.storage, path));
}

async function examineOnce(context: Examination, listed: ListedBatch): Promise<Finding[]> {
  const batch = listed.other === null ? listed : await withOwnSource(context, listed);
  const ledger = await readLedger(context, batch);
  const entries = entriesOf(batch, ledger);
  const digests = new Map<BatchPlace, string>();
  for (const place of PLACES) {
    const object = batch.objects[place];
    if (object === null) continue;
    if (needsDigest(object, entries[place])) digests.set(place, await digestOf(context, object.key));
    context.onObject?.(object);
  }
  const { bronze, ...outputs } = batch.objects;
  const isMade = Object.values(outputs).some((object) => object !== null) || hasOutputsElsewhere(ledger);
  const isLeft = bronze === null && isMade;
  const mayBeOrphans = isLeft && !(await isInSource(context.source, batch.path));
  const orphans = mayBeOrphans ? await orphansOf(context, batch.path) : [];
  return judge({
    batch,
    entries,
    digests,
    orphans: new Set(orphans.map(({ key }) => key)),
    goneByRule: await placesGoneByRule(context, batch, entries),
    unread: bronze !== null && entries.bronze.length === 0 ? await whyUnread(context, bronze) : null,
    code: context.code,
    anomalyThreshold: context.anomalyThreshold,
  });
}

/** Why nobody reads what no receipt names: then `run` leaves it as it is, too, and says the same. */
async function whyUnread({ storage }: Examination, { key }: ObjectInfo): Promise<string | null> {
  if (triggeredBy(key) === null) return null;
  try {
    return unreadBy(await sourcesSince(storage, instant() - ABOUT_NOW_MS), key)?.nobody ?? null;
  } catch (error) {
    if (hasCode(error, "contract_invalid")) return error.message.replace(/\.$/, "");
    throw error;
  }
}

/** Many batches that wait share a listing of contracts. */
const ABOUT_NOW_MS = 1000;

/** Of two names in bronze the one that was processed: listings do not say which. */
async function withOwnSource({ storage }: Examination, batch: ListedBatch): Promise<ListedBatch> {
  const { objects, other, bronze, path } = batch;
  const source = await sourceKeyOf(storage, "bronzeToSilver", path);
  if (source === bronze || other?.key !== source) return batch;
  return { ...batch, bronze: source, other: objects.bronze, objects: { ...objects, bronze: other } };
}

/** What may be there although no place of the batch has anything. */
function hasOutputsElsewhere(ledger: Ledger): boolean {
  const keys = Object.values(ledger).flatMap((receipts) => receipts.flatMap(({ outputs }) => outputs));
  return keys.some(({ key }) => !isOfBatch(key));
}

/** By the digest that the store keeps of the bytes itself, where it keeps one; else by reading them. */
async function digestOf({ storage }: Examination, key: string): Promise<string> {
  return (await storage.keptSha256(key)) ?? (await sha256Of(storage, key));
}

async function readLedger({ storage }: Examination, { path, bronze, receipts }: ListedBatch): Promise<Ledger> {
  const read = async (id: FunctionId): Promise<Receipt[]> => {
    const { name, startedBy } = topology.functions[id];
    const found: Receipt[] = [];
    for (const key of receipts[id]) {
      const receipt = await readReceipt(storage, key);
      // One that was put under another name says nothing of this batch.
      const isOwn = receipt?.source.key === (startedBy.prefix === BRONZE ? bronze : keyIn(startedBy.prefix, path));
      if (isOwn && receiptKey(name, receipt.source.key, receipt.source.token) === key) found.push(receipt);
    }
    return found.toSorted((a, b) => (a.started < b.started ? 1 : -1));
  };
  const found = await Promise.all(FUNCTION_IDS.map(read));
  return byFunction((id) => found[FUNCTION_IDS.indexOf(id)]);
}

async function placesGoneByRule(context: Examination, batch: ListedBatch, entries: Entries): Promise<Set<BatchPlace>> {
  const keys = keysOf(batch.path, batch.bronze);
  const gone = new Set<BatchPlace>();
  for (const place of PLACES) {
    const receipts = entries[place].map(({ receipt }) => receipt);
    if (batch.objects[place] !== null || receipts.length === 0 || keyProblem(keys[place]) !== null) continue;
    const isSource = receipts.some(({ source }) => source.key === keys[place]);
    const since = isSource ? putAt(receipts) : Math.max(...receipts.map(({ started }) => Date.parse(started)));
    if (await isGoneByRule(context, keys[place], since)) gone.add(place);
  }
  return gone;
}
