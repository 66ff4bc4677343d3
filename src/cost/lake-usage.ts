import { type Failed, mapEach } from "../bounded.ts";
import { hasCode } from "../errors.ts";
import { receiptName } from "../ledger/names.ts";
import { parseReceipt } from "../ledger/receipts.ts";
import { readText } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { DAY_MS } from "../time.ts";
import { topology } from "../topology.ts";
import type { Usage } from "./cost.ts";
import { type Measured, measure, usageOf } from "./usage.ts";

/** Receipts read at once. */
const READS = 16;

/**
 * What a lake uses, from one listing of each layer and the receipts of the last day; a receipt is written when its
 * object has ended, so no older one is read. A receipt that cannot be read counts for nothing and is told. `now` in
 * milliseconds. Throws `storage_failed`, and the signal's reason.
 */
export async function readUsage(
  storage: LakeStorage,
  now: number,
  signal?: AbortSignal,
): Promise<Usage & { readonly failed: readonly Failed[] }> {
  const objects: ObjectInfo[] = [];
  for (const { prefix } of Object.values(topology.layers)) {
    for await (const object of storage.list(prefix)) {
      signal?.throwIfAborted();
      objects.push(object);
    }
  }
  const receipts = objects.filter(({ key, modified }) => modified >= now - DAY_MS && receiptName(key) !== null);
  const each = { concurrency: READS, keyOf: ({ key }: ObjectInfo) => key, stopped: () => signal?.aborted === true };
  const { done: invocations, failed } = await mapEach(receipts, each, ({ key }) => measuredIn(storage, key));
  signal?.throwIfAborted();
  return { ...usageOf({ objects, invocations, now }), failed };
}

/** Null for what is gone meanwhile, or is no receipt. */
async function measuredIn(storage: LakeStorage, key: string): Promise<Measured | null> {
  try {
    const receipt = parseReceipt(await readText(storage, key));
    return receipt === null ? null : measure(receipt);
  } catch (error) {
    if (hasCode(error, "not_found", "input_invalid", "key_invalid")) return null;
    throw error;
  }
}
