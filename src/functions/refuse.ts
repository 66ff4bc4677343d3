import { hasCode } from "../errors.ts";
import { writeDeadLetter } from "../ledger/letters.ts";
import { assertCurrent } from "../ledger/lineage.ts";
import { outputsOf } from "../ledger/outputs.ts";
import { type Fault, type Receipt, removeReceipts } from "../ledger/receipts.ts";
import type { Terms } from "../pipeline/terms.ts";
import { conflict } from "../storage/faults.ts";
import { keyProblem } from "../storage/keys.ts";
import { sha256Of } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { type FunctionId, functionIn, topology } from "../topology.ts";
import type { ProcessContext } from "./context.ts";
import { failureReceipt, fileReceipt } from "./file-receipt.ts";
import { type Outcome, ofReceipt } from "./result.ts";

/** A refused file up to this size is known again in a copied lake; a larger one is refused again. */
const MAX_REFUSED_DIGEST_BYTES = 64 * 1024 * 1024;

interface Started {
  readonly attempt: number;
  readonly started: number;
}

/**
 * The dead letter first, then what was made of older versions is removed (what is refused has no silver and no gold), the
 * receipt last: a crash in between leaves work, and the same dead letter again. Older receipts go before the outputs
 * they name, so that a version which comes meanwhile writes its own: then this throws `superseded` or `conflict`.
 */
export async function refuse(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  fault: Fault,
  attempt: Started,
  contract: Terms["contract"],
): Promise<Outcome> {
  const { storage } = context;
  const fn = topology.functions[id];
  const stale = await outputsOf(storage, object.key);
  const sha256 = await digestOf(storage, object);
  await writeDeadLetter(storage, fn, object, fault, attempt.attempt, context.now());
  await removeReceipts(storage, fn.name, object.key);
  if (sha256 !== null) await assertCurrent(storage, object);
  for (const { key, token } of stale) {
    const started = functionIn(key);
    if (started !== null) await removeReceipts(storage, topology.functions[started].name, key);
    await storage.remove(key, token);
  }
  const receipt = failureReceipt(context, id, object, attempt, {
    ...{ outcome: "refused", sha256, error: fault, contract },
  });
  await fileWhereItFits(storage, receipt);
  // A slow run over an older version may have published meanwhile.
  const late = await outputsOf(storage, object.key);
  if (late.length === 0) return ofReceipt(receipt, false);
  await removeReceipts(storage, fn.name, object.key);
  throw conflict(late[0].key);
}

/**
 * Ends the work on a version after its last attempt: one dead letter, then a `failed` receipt, so that no sweep comes
 * back to it. Its outputs stay as they are. Harmless when repeated. Throws `superseded` when a newer version came meanwhile.
 */
export async function giveUp(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  fault: Fault,
  attempt: Started,
): Promise<Outcome> {
  const { storage, now } = context;
  await writeDeadLetter(storage, topology.functions[id], object, fault, attempt.attempt, now());
  const receipt = failureReceipt(context, id, object, attempt, { outcome: "failed", sha256: null, error: fault });
  await fileWhereItFits(storage, receipt);
  return ofReceipt(receipt, false);
}

/**
 * Ends the work on silver that nothing can rebuild: a receipt and no dead letter, for nothing is wrong with it, and what
 * gold there is stays. An event has it looked at again, and splitting its batch anew makes it work. Throws `superseded`.
 */
export async function setAside(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  fault: Fault,
  attempt: Started,
): Promise<Outcome> {
  const what = { outcome: "not_rebuildable", sha256: null, error: fault } as const;
  const receipt = failureReceipt(context, id, object, attempt, what);
  await fileReceipt(context.storage, receipt);
  return ofReceipt(receipt, false);
}

/**
 * A key that the store cannot hold has no place for a receipt either: its dead letter stands for it, see `isLetterOnly`.
 * Throws `superseded`.
 */
async function fileWhereItFits(storage: LakeStorage, receipt: Receipt): Promise<void> {
  try {
    await fileReceipt(storage, receipt);
  } catch (error) {
    if (!hasCode(error, "key_invalid")) throw error;
  }
}

/**
 * The digest of the version that was refused; null for what is not worth reading to its end, and for a key that the
 * store cannot hold. Throws `superseded`.
 */
async function digestOf(storage: LakeStorage, object: ObjectInfo): Promise<string | null> {
  if (keyProblem(object.key) !== null) return null;
  const sha256 = object.size > MAX_REFUSED_DIGEST_BYTES ? null : await sha256Of(storage, object.key);
  await assertCurrent(storage, object);
  return sha256;
}
