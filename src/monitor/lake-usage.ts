import { hasCode } from "../errors.ts";
import { forEachBounded } from "../functions/bounded.ts";
import { RECEIPTS } from "../pipeline/layers.ts";
import { readText } from "../pipeline/objects.ts";
import { parseReceipt } from "../pipeline/receipts.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { DAY_MS } from "../time.ts";
import { topology } from "../topology.ts";
import type { Usage } from "./cost.ts";
import { type Measured, measure, usageOf } from "./usage.ts";

/** Receipts read at once. */
const READS = 16;

/**
 * What a lake uses, from one listing of each layer and the receipts of the last day; a receipt is written when its
 * object has ended, so no older one is read. `now` in milliseconds. Throws `storage_failed`, and the signal's reason.
 */
export async function readUsage(storage: LakeStorage, now: number, signal?: AbortSignal): Promise<Usage> {
  const objects: ObjectInfo[] = [];
  for (const { prefix } of Object.values(topology.layers)) {
    for await (const object of storage.list(prefix)) {
      signal?.throwIfAborted();
      objects.push(object);
    }
  }
  const receipts = objects.filter(({ key, modified }) => key.startsWith(RECEIPTS) && modified >= now - DAY_MS);
  const invocations: Measured[] = [];
  await forEachBounded(receipts, READS, async ({ key }) => {
    signal?.throwIfAborted();
    const measured = await measuredIn(storage, key);
    if (measured !== null) invocations.push(measured);
  });
  return usageOf({ objects, invocations, now });
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
