import { attempt, type Failed, forEachBounded } from "../bounded.ts";
import { messageOf, VantageflowError } from "../errors.ts";
import { failureRecords, givenUpBy } from "../ledger/given-up.ts";
import { allWork, pendingWork, type Work } from "../ledger/pending.ts";
import { s3PutEvent } from "../ledger/s3-event.ts";
import { keyProblem } from "../storage/keys.ts";
import type { LakeStorage } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, topology } from "../topology.ts";
import { type Log, noteLine, type Speaker, sweepLine } from "./log.ts";

export interface SweepContext {
  readonly storage: LakeStorage;
  /** The lake's bucket, as events name it. */
  readonly bucket: string;
  /** Where Lambda records the events that it gave up on. */
  readonly failures: LakeStorage;
  /** Starts a function with an event and does not wait for its end. */
  readonly invoke: (id: FunctionId, event: unknown) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly stage: string;
  readonly log: Log;
  readonly limits?: Partial<SweepLimits>;
}

interface SweepLimits {
  /** Milliseconds that an object is left to its event and to Lambda's own retries. */
  readonly graceMs: number;
  /** Invocations in one sweep; what is left is the next one's. */
  readonly starts: number;
  /** Objects that a sweep remembers: what bounds its memory. */
  readonly candidates: number;
  /** Requests in flight at once. */
  readonly concurrency: number;
}

const SWEEP_LIMITS: SweepLimits = { graceMs: 5 * 60_000, starts: 1000, candidates: 50_000, concurrency: 16 };

export interface SweepResult {
  /** Age of the oldest object without a receipt, in whole seconds; 0 when there is none. */
  readonly oldestSeconds: number;
  /** Objects without a receipt. */
  readonly waiting: number;
  /** Those that Lambda gave up on: they wait for somebody to look at their record. */
  readonly givenUp: number;
  readonly started: number;
}

/**
 * Starts the function of every object that has no receipt and is older than the grace time, the oldest first, but not of
 * versions that Lambda has a record of having given up on: they would fail for ever. The age of the oldest is logged on
 * every run. In bounded memory whatever the lake's size. Throws, after all had their turn, when a start failed or a record could not be read.
 */
export async function sweep(context: SweepContext): Promise<SweepResult> {
  const limits = { ...SWEEP_LIMITS, ...context.limits };
  const speaker: Speaker = { function: "sweep", stage: context.stage };
  const now = context.now();
  const { oldest, waiting, due } = await findWork(context, limits, now);
  const oldestSeconds = Math.max(0, Math.floor((now - oldest) / 1000));
  context.log(sweepLine(speaker, oldestSeconds, waiting, now));
  const { open, unread } = await withoutGivenUp(context, limits, speaker, due);
  const chosen = open.sort((a, b) => a.object.modified - b.object.modified).slice(0, limits.starts);
  const errors = await startAll(context, limits, speaker, chosen);
  const [started, givenUp] = [chosen.length - errors.length, due.length - open.length];
  if (due.length > 0) {
    const message = `started ${started}; ${givenUp} were given up on before, ${open.length - chosen.length} are left`;
    context.log(noteLine(speaker, "INFO", message, null, context.now()));
  }
  if (errors.length > 0) throw notStarted(errors, chosen.length);
  if (unread.length > 0) throw notRead(unread);
  return { oldestSeconds, waiting, givenUp, started };
}

interface Found {
  /** When the oldest object without a receipt was put there; now, when there is none. */
  readonly oldest: number;
  readonly waiting: number;
  /** Older than the grace time, in key order per function, as many as are remembered. */
  readonly due: Work[];
}

async function findWork({ storage }: SweepContext, limits: SweepLimits, now: number): Promise<Found> {
  const due: Work[] = [];
  let [oldest, waiting] = [now, 0];
  for await (const work of allWork((id) => usable(storage, id), limits.candidates)) {
    const { modified } = work.object;
    waiting++;
    oldest = Math.min(oldest, modified);
    if (now - modified >= limits.graceMs && due.length < limits.candidates) due.push(work);
  }
  return { oldest, waiting, due };
}

/** What can never have a receipt is refused by every event. */
async function* usable(storage: LakeStorage, id: FunctionId): AsyncGenerator<Work> {
  for await (const { object, receipt } of pendingWork(storage, id, () => {})) {
    if (keyProblem(object.key) === null && keyProblem(receipt) === null) yield { function: id, object };
  }
}

/** What has no failure record that was written since the version was put there, and records that cannot be read. */
async function withoutGivenUp(context: SweepContext, limits: SweepLimits, speaker: Speaker, due: readonly Work[]) {
  const unread: Failed[] = [];
  const open = new Map(due.map((work) => [identityOf(work.function, work.object), work]));
  for (const id of FUNCTION_IDS) {
    let since = Number.POSITIVE_INFINITY;
    for (const work of due) if (work.function === id) since = Math.min(since, secondOf(work));
    if (since === Number.POSITIVE_INFINITY) continue;
    const records = failureRecords(context.failures, topology.functions[id].name, since);
    await forEachBounded(records, limits.concurrency, async ({ key, written }) => {
      const read = await attempt(key, () => givenUpBy(context.failures, key));
      if ("failed" in read) {
        unread.push(read.failed);
        context.log(noteLine(speaker, "ERROR", read.failed.message, key, context.now()));
        return;
      }
      for (const version of read.value) {
        const identity = identityOf(id, version);
        const work = open.get(identity);
        // The same bytes, uploaded again, have the same token.
        if (work !== undefined && written >= secondOf(work)) open.delete(identity);
      }
    });
  }
  return { open: [...open.values()], unread };
}

/** When the version was put there, in whole seconds as failure records have them. */
function secondOf({ object }: Work): number {
  return Math.floor(object.modified / 1000) * 1000;
}

function identityOf(id: FunctionId, { key, token }: { readonly key: string; readonly token: string }): string {
  return JSON.stringify([id, key, token]);
}

/** What could not be started. */
async function startAll(context: SweepContext, limits: SweepLimits, speaker: Speaker, works: readonly Work[]) {
  const errors: unknown[] = [];
  await forEachBounded(works, limits.concurrency, async ({ function: id, object }) => {
    try {
      await context.invoke(id, s3PutEvent(context.bucket, object, topology.functions[id].startedBy.id));
    } catch (error) {
      errors.push(error);
      const why = `${topology.functions[id].name} could not be started: ${messageOf(error)}`;
      context.log(noteLine(speaker, "ERROR", why, object.key, context.now()));
    }
  });
  return errors;
}

function notRead(unread: readonly Failed[]): VantageflowError {
  const [{ message }] = unread;
  const many = `${unread.length} failure record${unread.length === 1 ? "" : "s"}`;
  const why = `${many} could not be read, so what they tell of was started again; the first: ${message}`;
  return new VantageflowError("storage_failed", `Cannot sweep: ${why}. Make them readable, or remove them.`);
}

function notStarted(errors: readonly unknown[], chosen: number): VantageflowError {
  const why = `${errors.length} of ${chosen} functions could not be started, the first: ${messageOf(errors[0])}`;
  return new VantageflowError("storage_failed", `Cannot sweep: ${why}. The next sweep tries again.`, {
    cause: errors[0],
  });
}
