import { setTimeout as sleep } from "node:timers/promises";
import { errorClass } from "../errors.ts";
import type { ProcessContext } from "../functions/context.ts";
import { type Attempt, failure, processOnce } from "../functions/process.ts";
import type { BatchResult } from "../functions/result.ts";
import { batchPathOf } from "../ledger/layers.ts";
import type { ObjectInfo } from "../storage/port.ts";
import type { FunctionId } from "../topology.ts";

/** Between two looks at a batch that another process is at work on: first, and at most. Milliseconds. */
const LOOK_MS = 10;
const LONGEST_LOOK_MS = 250;
/** Quick retries, for faults that may pass while somebody waits: milliseconds before the second and third attempt. */
const RETRY_DELAYS_MS = [100, 400];

/** Does work on the batch of a key; null, and nothing is done, while another process is at work on it. */
export async function ifUnclaimed<T>(
  { claims }: ProcessContext,
  key: string,
  work: () => Promise<T>,
): Promise<T | null> {
  const release = claims === undefined ? () => {} : claims.claim(batchPathOf(key));
  if (release === null) return null;
  try {
    return await work();
  } finally {
    release();
  }
}

/** The same, once no other process is at work on it. */
export async function onceUnclaimed<T extends object>(
  context: ProcessContext,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  for (let pause = LOOK_MS; ; pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
    const result = await ifUnclaimed(context, key, work);
    if (result !== null) return result;
    await sleep(pause);
  }
}

/**
 * Runs one function over one object in the foreground, bronze to gold in one pass. Never throws for what the object or
 * the store does; the result says it. `force` processes even unchanged content; `newAt`: see {@link Attempt}. The caller has
 * claimed the batch.
 */
export async function processObject(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  force = false,
  newAt?: number,
): Promise<BatchResult> {
  const started = context.now();
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await processOnce(context, id, object, { attempt, fused: true, force, newAt });
      return { ...result, durationMs: context.now() - started };
    } catch (error) {
      const mayPass = errorClass(error) === "passing";
      if (!mayPass || attempt > RETRY_DELAYS_MS.length) {
        return { key: object.key, ...failure(error), durationMs: context.now() - started };
      }
      await sleep(RETRY_DELAYS_MS[attempt - 1]);
    }
  }
}
