import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "../errors.ts";
import { failure, type ProcessContext, processOnce } from "../functions/process.ts";
import type { BatchResult } from "../functions/result.ts";
import type { ObjectInfo } from "../storage/port.ts";
import type { FunctionId } from "../topology.ts";

/** Quick retries, for faults that may pass while somebody waits: milliseconds before the second and third attempt. */
const RETRY_DELAYS_MS = [100, 400];

/**
 * Runs one function over one object in the foreground, bronze to gold in one pass. Never throws for what the object or
 * the store does; the result says it. `force` processes even unchanged content.
 */
export async function processObject(
  context: ProcessContext,
  id: FunctionId,
  object: ObjectInfo,
  force = false,
): Promise<BatchResult> {
  const started = context.now();
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await processOnce(context, id, object, { attempt, fused: true, force });
      return { ...result, durationMs: context.now() - started };
    } catch (error) {
      const mayPass = hasCode(error, "storage_failed", "sibling_pending");
      if (!mayPass || attempt > RETRY_DELAYS_MS.length) {
        return { key: object.key, ...failure(error), durationMs: context.now() - started };
      }
      await sleep(RETRY_DELAYS_MS[attempt - 1]);
    }
  }
}
