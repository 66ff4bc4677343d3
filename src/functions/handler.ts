import { whyUnread } from "../contracts/lake.ts";
import { hasCode, messageOf, VantageflowError } from "../errors.ts";
import { isLetterOnly } from "../ledger/letters.ts";
import { litterOf } from "../ledger/litter.ts";
import { isReceiptThere, readReceipts } from "../ledger/receipts.ts";
import { type EventRecord, recordsOf } from "../ledger/s3-event.ts";
import { findObject } from "../storage/find.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, topology, triggeredBy } from "../topology.ts";
import type { ProcessContext } from "./context.ts";
import { batchLine, type Log, noteLine } from "./log.ts";
import { processOnce } from "./process.ts";
import { giveUp } from "./refuse.ts";
import { type BatchResult, faultOf } from "./result.ts";

export interface HandlerContext extends ProcessContext {
  /** The bucket that the lake's events name. */
  readonly bucket: string;
  /** What log lines say of the deployment: `dev`, `prod`. */
  readonly stage: string;
  readonly log: Log;
}

export interface HandlerResult {
  readonly batches: readonly BatchResult[];
  /** What the event named and this function has no work with. */
  readonly ignored: readonly { readonly key: string | null; readonly reason: string }[];
}

/** `attempt` is 1 for the first delivery of an event. */
export type Handler = (event: unknown, attempt?: number) => Promise<HandlerResult>;

/**
 * One function of the topology as Lambda calls it: the same in production and in the emulator. An event may carry
 * several records; each is processed whatever becomes of the others, and its version is the one that is current now, so
 * that duplicate, stale and reordered events have no effect of their own. A data fault is dead-lettered and
 * acknowledged. Throws, after all records had their turn, what may pass: the event is then delivered again.
 */
export function createHandler(context: HandlerContext, id: FunctionId): Handler {
  const speaker = { function: id, stage: context.stage };
  return async (event, attempt = 1) => {
    const batches: BatchResult[] = [];
    const ignored: { key: string | null; reason: string }[] = [];
    const errors: unknown[] = [];
    for (const record of recordsOf(event)) {
      try {
        const named = await namedBy(context, id, record);
        if ("reason" in named) {
          ignored.push(named);
          context.log(noteLine(speaker, "WARN", `ignored: ${named.reason}`, named.key, context.now()));
          continue;
        }
        const result = await processOnce(context, id, asSent(record, named), { attempt, fused: false, seen: named });
        batches.push(result);
        context.log(batchLine(speaker, result, context.now()));
      } catch (error) {
        const key = "key" in record ? record.key : null;
        if (key !== null && hasCode(error, "contract_missing")) {
          const reason = whyUnread(key, error);
          ignored.push({ key, reason });
          context.log(noteLine(speaker, "WARN", `ignored: ${reason}`, key, context.now()));
          continue;
        }
        errors.push(error);
        context.log(noteLine(speaker, "ERROR", `attempt ${attempt} failed: ${messageOf(error)}`, key, context.now()));
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : severalFailed(errors);
    return { batches, ignored };
  };
}

/** The object as of the version that the event was sent for: one that came since is known as such. */
function asSent(record: EventRecord, object: ObjectInfo): ObjectInfo {
  return "eTag" in record && record.eTag !== null ? { ...object, token: record.eTag } : object;
}

function severalFailed(errors: readonly unknown[]): VantageflowError {
  const why = `${errors.length} of the event's objects failed; the first: ${messageOf(errors[0])}`;
  return new VantageflowError("storage_failed", `Cannot process the event: ${why}`, { cause: errors[0] });
}

/**
 * The object that a record names and this function has to process, or why there is none. Throws `storage_failed` when
 * the lake itself cannot be looked at: it may hold the object all the same.
 */
async function namedBy(
  { storage, bucket }: HandlerContext,
  id: FunctionId,
  record: EventRecord,
): Promise<ObjectInfo | { key: string | null; reason: string }> {
  if ("problem" in record) return { key: null, reason: record.problem };
  const { key } = record;
  if (record.bucket !== bucket) return { key, reason: `it is in the bucket "${record.bucket}", not "${bucket}"` };
  if (triggeredBy(key, record.eventName) !== id) {
    return { key, reason: `${record.eventName} of this key does not start ${topology.functions[id].name}` };
  }
  const litter = litterOf(key);
  if (litter !== null) return { key, reason: litter };
  // Of a key that no store could write, only a listing tells: where it is real, it is refused with a dead letter.
  const object = await findObject(storage, key);
  if (object !== null) return object;
  // S3 answers the same to a HEAD when the bucket is missing; only a listing says so.
  for await (const _ of storage.list(key)) break;
  return { key, reason: keyProblem(key) ?? "there is no such object any more" };
}

/** Whether a function is through with exactly this version, with whatever outcome. */
export async function hasReceipt(storage: LakeStorage, id: FunctionId, object: ObjectInfo): Promise<boolean> {
  if (await isLetterOnly(storage, topology.functions[id], object)) return true;
  return isReceiptThere(storage, topology.functions[id].name, object);
}

/**
 * What Lambda does when the last attempt at an event has failed: every object of it that is not done gets one dead
 * letter and a `failed` receipt. None where a contract could not be understood: that is no fault of the object's, which
 * stays work until the contract is mended.
 */
export async function abandon(
  context: HandlerContext,
  id: FunctionId,
  event: unknown,
  error: unknown,
  attempts: number,
): Promise<BatchResult[]> {
  const speaker = { function: id, stage: context.stage };
  const results: BatchResult[] = [];
  if (hasCode(error, "contract_invalid")) return results;
  for (const record of recordsOf(event)) {
    const named = await namedBy(context, id, record);
    if ("reason" in named || (await isDone(context.storage, id, named))) continue;
    // A newer version has not been tried: it stays work, with three attempts of its own.
    if ("eTag" in record && record.eTag !== null && unquoted(record.eTag) !== named.token) continue;
    const started = context.now();
    const outcome = await giveUp(context, id, named, faultOf(error), { attempt: attempts, started }).catch(unlessNewer);
    if (outcome === null) continue;
    const result = { key: named.key, ...outcome, durationMs: 0 };
    context.log(batchLine(speaker, result, context.now()));
    results.push(result);
  }
  return results;
}

/** A version that came in the same instant is work of its own, or done already. */
function unlessNewer(error: unknown): null {
  if (hasCode(error, "superseded")) return null;
  throw error;
}

function unquoted(eTag: string): string {
  return eTag.replaceAll('"', "");
}

async function isDone(storage: LakeStorage, id: FunctionId, object: ObjectInfo): Promise<boolean> {
  const receipts = await readReceipts(storage, topology.functions[id].name, object.key);
  return receipts.some(({ source, outcome }) => source.token === object.token && outcome !== "failed");
}
