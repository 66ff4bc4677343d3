import { ifUnclaimed } from "../engine/foreground.ts";
import { hasCode } from "../errors.ts";
import { feedersOf } from "../feeds.ts";
import { abandon, type HandlerContext, hasReceipt } from "../functions/handler.ts";
import type { BatchResult } from "../functions/result.ts";
import { batchPathOf } from "../ledger/layers.ts";
import type { Work } from "../ledger/pending.ts";
import { s3PutEvent } from "../ledger/s3-event.ts";
import { findObject } from "../storage/find.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { type FunctionId, topology } from "../topology.ts";
import type { FunctionRuntime } from "./runtime.ts";

export interface DispatcherOptions {
  readonly runtime: FunctionRuntime;
  /** Its claims are taken here, not by what runs the functions. */
  readonly context: HandlerContext;
  /** Invocations in flight at once. */
  readonly concurrency: number;
  /** Milliseconds before the second attempt; twice that before the third. Lambda's are one and two minutes. */
  readonly retryDelayMs: number;
  /** Awaited while the batch is still claimed: what it offers is not taken by somebody else in between. */
  readonly onResult: (id: FunctionId, result: BatchResult) => void | Promise<void>;
  /** The function has no work with what it was invoked for. */
  readonly onIgnored: (key: string, reason: string) => void;
  /** It was done by the time that its turn came: nothing was invoked. */
  readonly onDone: (work: Work) => void | Promise<void>;
  /** By the time that its turn came there was another version, whose upload may be under way: nothing was invoked. */
  readonly onChanged: (work: Work) => void;
  /** A contract is not in order: no attempt has failed, and it is handed in again once that may be another one. */
  readonly onBlocked: (blocked: { work: Work; startedAt: number; error: unknown }) => void;
  readonly onRetry: (retry: { work: Work; attempt: number; delayMs: number; error: unknown }) => void;
}

/** Lambda's queue of asynchronous invocations: bounded, one at a time for a key, failed ones tried again later. */
export interface Dispatcher {
  /** Hands in work. An object that is waiting or running already is not taken twice: the newest version counts. */
  offer(work: Work): void;
  /** Whether exactly this version is waiting or running. */
  has(work: Work): boolean;
  /** Settles when nothing is waiting, running or to be tried again. */
  idle(): Promise<void>;
  /** Starts nothing new, forgets what waits, and settles when what runs has ended. What is forgotten stays work. */
  stop(): Promise<void>;
}

/** Until a batch that another process is at work on is looked at again. Milliseconds. */
const CLAIMED_MS = 100;

interface Job {
  work: Work;
  attempt: number;
  state: "queued" | "running" | "waiting";
  /** A newer version that came while this one was running. */
  next: Work | null;
  timer: NodeJS.Timeout | undefined;
  /** Gives back the claim that it has had since it was queued. */
  held: (() => void) | undefined;
}

/** Milliseconds before the attempt after this one (Lambda developer guide, "Asynchronous invocation"). */
export function retryDelay(attempt: number, firstMs: number): number {
  return firstMs * 2 ** (attempt - 1);
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const jobs = new Map<string, Job>();
  const queue: Job[] = [];
  let running = 0;
  let stopped = false;
  let waiters: (() => void)[] = [];

  function offer(work: Work): void {
    if (stopped) return;
    const name = nameOf(work);
    const job = jobs.get(name);
    if (job === undefined) {
      enqueue(name, { work, attempt: 1, state: "queued", next: null, timer: undefined, held: undefined });
    } else if (job.state === "running") {
      if (job.work.object.token !== work.object.token) job.next = work;
    } else if (job.work.object.token !== work.object.token) {
      clearTimeout(job.timer);
      const wasQueued = job.state === "queued";
      Object.assign(job, { work, attempt: 1, state: "queued" });
      if (!wasQueued) enqueue(name, job);
    }
  }

  function enqueue(name: string, job: Job): void {
    jobs.set(name, job);
    job.state = "queued";
    // What was begun is finished first: somebody waits for its gold, and nobody else takes it for work meanwhile.
    if (feedersOf(job.work.function).length > 0) {
      hold(job);
      queue.unshift(job);
    } else queue.push(job);
    pump();
  }

  /** Claims its batch from now on, where nobody else is at work on it. */
  function hold(job: Job): void {
    const { claims } = options.context;
    job.held ??= claims?.claim(batchPathOf(job.work.object.key)) ?? undefined;
  }

  function letGo(job: Job): void {
    job.held?.();
    job.held = undefined;
  }

  function pump(): void {
    while (!stopped && running < options.concurrency) {
      const job = queue.shift();
      if (job === undefined) break;
      running++;
      job.state = "running";
      void run(job).finally(() => {
        running--;
        letGo(job);
        pump();
        resolveIdle();
      });
    }
  }

  async function run(job: Job): Promise<void> {
    const { work, attempt } = job;
    const { function: id, object } = work;
    const { context } = options;
    const startedAt = performance.now();
    let changed: Work | null = null;
    const event = s3PutEvent(context.bucket, object, topology.functions[id].startedBy.id);
    try {
      const handled = await ifUnclaimed(context, object.key, async () => {
        const found = await lookUp(work);
        if (found === "done") await options.onDone(work);
        else if (found !== null) changed = { ...work, object: found };
        else {
          const { batches, ignored } = await options.runtime.invoke(id, event, attempt);
          for (const result of batches) await options.onResult(id, result);
          for (const { key, reason } of ignored) options.onIgnored(key ?? object.key, reason);
        }
        return true;
      });
      if (handled === null) return rest(job, CLAIMED_MS);
    } catch (error) {
      if (hasCode(error, "contract_invalid")) options.onBlocked({ work, startedAt, error });
      else if (attempt > topology.functions[id].retries) await fail(job, event, error);
      else if (job.next === null) return waitFor(job, error);
    }
    jobs.delete(nameOf(work));
    if (changed !== null) options.onChanged(changed);
    if (job.next !== null) offer(job.next);
  }

  /** Work was found some time ago: the version that there is now may have been done since, or be one that came since. */
  async function lookUp({ function: id, object }: Work): Promise<"done" | ObjectInfo | null> {
    const { storage } = options.context;
    try {
      const current = await findObject(storage, object.key);
      if (current === null) return null;
      if (await hasReceipt(storage, id, current)) return "done";
      return current.token === object.token ? null : current;
    } catch {
      // The lake cannot be read just now: the invocation itself will say so, and is tried again.
      return null;
    }
  }

  function waitFor(job: Job, error: unknown): void {
    const delayMs = retryDelay(job.attempt, options.retryDelayMs);
    options.onRetry({ work: job.work, attempt: job.attempt, delayMs, error });
    job.attempt++;
    rest(job, delayMs);
  }

  /** Its turn comes again after this; of the newest version, where there is one by now. */
  function rest(job: Job, delayMs: number): void {
    if (job.next !== null) Object.assign(job, { work: job.next, attempt: 1, next: null });
    job.state = "waiting";
    job.timer = setTimeout(() => enqueue(nameOf(job.work), job), delayMs);
    if (stopped) clearTimeout(job.timer);
  }

  async function fail({ work, attempt }: Job, event: unknown, error: unknown): Promise<void> {
    try {
      const results = await abandon(options.context, work.function, event, error, attempt);
      for (const result of results) await options.onResult(work.function, result);
    } catch (late) {
      // The lake cannot even take the dead letter. There is no receipt then, so a later sweep finds the object again.
      options.onRetry({ work, attempt, delayMs: Number.POSITIVE_INFINITY, error: late });
    }
  }

  function resolveIdle(): void {
    if (running > 0 || (!stopped && jobs.size > 0)) return;
    const settled = waiters;
    waiters = [];
    for (const done of settled) done();
  }

  function settled(): Promise<void> {
    return new Promise((resolve) => {
      waiters.push(resolve);
      resolveIdle();
    });
  }

  return {
    offer,
    has: (work) => jobs.get(nameOf(work))?.work.object.token === work.object.token,
    idle: settled,
    async stop() {
      stopped = true;
      for (const { timer } of jobs.values()) clearTimeout(timer);
      for (const job of queue) letGo(job);
      await settled();
    },
  };
}

function nameOf({ function: id, object }: Work): string {
  return `${id} ${object.key}`;
}
