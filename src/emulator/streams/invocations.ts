import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import { firstFailed } from "./response.ts";
import type { MappingSettings } from "./settings.ts";
import type { SourceRecord } from "./source.ts";

/** Records that are given up, and come no more. */
export interface Discarded {
  readonly shard: string;
  readonly records: readonly SourceRecord[];
  /** As Lambda calls it. */
  readonly condition: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  /** How often they were tried. */
  readonly invocations: number;
  /** What the last attempt threw or answered; null where there was none. */
  readonly error: unknown;
}

export interface InvocationOptions {
  readonly shard: string;
  readonly settings: MappingSettings;
  readonly invoke: (records: readonly SourceRecord[]) => Promise<unknown>;
  /** The on-failure destination. The shard waits until it has the records: Lambda would lose them. */
  readonly discard: (discarded: Discarded) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Before the second attempt; from then on twice as long, up to a minute. Milliseconds. */
  readonly retryMs: number;
  /** Once it is aborted, nothing is tried again. */
  readonly signal: AbortSignal;
}

interface Batch {
  readonly records: readonly SourceRecord[];
  readonly invocations: number;
  readonly retries: number;
}

const MAX_DELAY_MS = 60_000;

/**
 * Brings records of a shard to a function, in their order: what fails is tried again before anything behind it, whole or in halves, until
 * it succeeds or is given up. False where it was told to stop before.
 */
export async function settle(options: InvocationOptions, records: readonly SourceRecord[]): Promise<boolean> {
  const { settings, signal } = options;
  const batches: Batch[] = [{ records, invocations: 0, retries: 0 }];
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const fresh = batch.records.filter(({ arrived }) => options.now() - arrived <= settings.maxRecordAgeMs);
    if (fresh.length < batch.records.length) {
      const old = batch.records.filter((one) => !fresh.includes(one));
      const { invocations } = batch;
      if (!(await giveUp(options, { records: old, condition: "RecordAgeExceeded", invocations, error: null })))
        return false;
      if (fresh.length === 0) continue;
    }
    const rest = await attempt(options, { ...batch, records: fresh });
    if (rest === null) continue;
    if (rest.length === 0 || signal.aborted) return false;
    batches.unshift(...rest);
  }
  return true;
}

/** Null where all of it is done; else what is to be tried again, none where it was told to stop. */
async function attempt(options: InvocationOptions, batch: Batch): Promise<readonly Batch[] | null> {
  const { settings, signal, retryMs } = options;
  const { records, retries } = batch;
  const invocations = batch.invocations + 1;
  let failed = records.length;
  let error: unknown = null;
  try {
    const response = await options.invoke(records);
    const sequences = records.map(({ sequence }) => sequence);
    if (settings.reportsFailures) failed = firstFailed(response, sequences);
    if (failed < records.length) error = new Error(`the function has not processed record ${sequences[failed]}`);
  } catch (thrown) {
    [failed, error] = [0, thrown];
  }
  if (failed === records.length) return null;
  options.onTrouble(error);
  const left = records.slice(failed);
  if (settings.bisect && failed > 0) return [{ records: left, invocations, retries }];
  if (settings.bisect && left.length > 1) {
    const half = Math.ceil(left.length / 2);
    return [left.slice(0, half), left.slice(half)].map((part) => ({ records: part, invocations, retries }));
  }
  if (retries >= settings.maxRetries) {
    const isKept = await giveUp(options, { records: left, condition: "RetryAttemptsExhausted", invocations, error });
    return isKept ? null : [];
  }
  if (!(await rest(Math.min(retryMs * 2 ** retries, MAX_DELAY_MS), signal))) return [];
  return [{ records: left, invocations, retries: retries + 1 }];
}

/** Until the destination has them. False where it was told to stop before. */
async function giveUp(options: InvocationOptions, what: Omit<Discarded, "shard">): Promise<boolean> {
  for (let delay = options.retryMs; ; delay = Math.min(2 * delay, MAX_DELAY_MS)) {
    try {
      await options.discard({ ...what, shard: options.shard });
      return true;
    } catch (error) {
      options.onTrouble(new Error(`Cannot keep what was given up: ${messageOf(error)}`, { cause: error }));
      if (!(await rest(delay, options.signal))) return false;
    }
  }
}

/** False when the rest was cut short. */
async function rest(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => {});
  return !signal.aborted;
}
