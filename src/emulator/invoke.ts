import { setTimeout as sleep } from "node:timers/promises";
import { abandon, type HandlerContext, type HandlerResult } from "../functions/handler.ts";
import { type FunctionId, topology } from "../topology.ts";
import { retryDelay } from "./dispatcher.ts";
import type { FunctionRuntime } from "./runtime.ts";

export interface InvokeOptions {
  readonly runtime: FunctionRuntime;
  readonly context: HandlerContext;
  /** Milliseconds before the second attempt; twice that before the third. */
  readonly retryDelayMs: number;
  /** An attempt failed; the next is after `delayMs`, or null when it was the last. */
  readonly onFailed: (attempt: number, error: unknown, delayMs: number | null) => void;
  /** Ends the wait for the next attempt. */
  readonly signal: AbortSignal;
}

export interface Invoked extends HandlerResult {
  readonly attempts: number;
  /** What the last attempt threw; null when one succeeded. */
  readonly error: unknown;
}

/**
 * One asynchronous invocation, as Lambda makes it of an event: what fails is tried again, and after the last attempt
 * every object that is not done gets its dead letter and `failed` receipt. Aborted between two attempts, it leaves work.
 */
export async function invokeAsynchronously(options: InvokeOptions, id: FunctionId, event: unknown): Promise<Invoked> {
  const { runtime, context, retryDelayMs, onFailed, signal } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return { ...(await runtime.invoke(id, event, attempt)), attempts: attempt, error: null };
    } catch (error) {
      const isLast = attempt > topology.functions[id].retries;
      const delayMs = isLast ? null : retryDelay(attempt, retryDelayMs);
      onFailed(attempt, error, delayMs);
      if (delayMs === null) {
        const batches = await abandon(context, id, event, error, attempt);
        return { batches, ignored: [], attempts: attempt, error };
      }
      if (!(await rest(delayMs, signal))) return { batches: [], ignored: [], attempts: attempt, error };
    }
  }
}

/** False when the rest was cut short. */
async function rest(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => {});
  return !signal.aborted;
}
