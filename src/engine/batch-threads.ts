import { Worker } from "node:worker_threads";
import { errorOf } from "../functions/fault-error.ts";
import type { BatchResult } from "../functions/result.ts";
import type { Fault } from "../ledger/receipts.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import type { ObjectInfo } from "../storage/port.ts";
import type { FunctionId } from "../topology.ts";

/** What a thread is told once. */
export interface ThreadSetup {
  readonly lake: string;
  readonly settings: PipelineSettings;
  readonly code: string;
  readonly copyInputs: boolean;
}

/** One batch's work, as it is sent to a thread: an object of the lake, or a file that is to land in it. */
export type BatchTask =
  | {
      readonly function: FunctionId;
      readonly object: ObjectInfo;
      readonly force: boolean;
      readonly newAt: number | undefined;
    }
  | { readonly file: string; readonly name: string; readonly overwrite: boolean };

/** To a thread; null: end, once all is done. */
export type ThreadRequest = { readonly id: number; readonly task: BatchTask } | null;

/** From it: how far it is, and how each task ended. */
export type ThreadReply =
  | { readonly read: readonly [key: string, bytes: number, rows: number] }
  | { readonly id: number; readonly result: BatchResult }
  | { readonly id: number; readonly error: Fault };

export interface BatchThreadsOptions extends ThreadSetup {
  /** The thread's script. */
  readonly script: URL;
  /** Threads beside this one. */
  readonly count: number;
  readonly onRead?: ((key: string, bytes: number, rows: number) => void) | undefined;
  /** A thread of this number is gone in the middle of its work. */
  readonly onGone: (thread: number) => void;
}

/** Batches from which on a thread is worth its start, some 60 ms: that many, or together so large. */
const PAYING_BATCHES = 40;
const PAYING_BYTES = 8 * 1024 * 1024;
/** What a batch costs beside its bytes, in bytes: by this the work is shared out evenly. */
const COST_OF_A_BATCH = 250_000;

/** What dies young of small batches is little: by default a thread would let 48 MB of it gather. */
const YOUNG_MB = 12;

/** Whether so many batches with so many bytes are done sooner with a thread beside this one. */
export function paysThreads(batches: number, bytes: number): boolean {
  return batches >= PAYING_BATCHES || (batches > 1 && bytes >= PAYING_BYTES);
}

/**
 * Does a batch of so many bytes where there is least to do: in a thread, or `here`. What a thread was at that is gone is done
 * here. Throws what `here` throws, from a thread with the code, message, line and column alone.
 */
export type DoBatch = (task: BatchTask, bytes: number, here: () => Promise<BatchResult>) => Promise<BatchResult>;

/** This thread and others, which do whole batches side by side. Each opens the lake by itself. */
export interface BatchThreads {
  readonly doBatch: DoBatch;
  /** Ends the threads once what they are at is done. */
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly asked: Map<number, Asked>;
  /** See {@link COST_OF_A_BATCH}; Infinity once it is gone. */
  load: number;
  readonly ended: Promise<void>;
}

interface Asked {
  readonly resolve: (result: BatchResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What a task of a thread that is gone ends with. */
const GONE = Symbol("gone");

export function startBatchThreads(options: BatchThreadsOptions): BatchThreads {
  const threads = startAll(options);
  let hereLoad = 0;
  let ids = 0;

  function send(thread: Thread, task: BatchTask): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      const id = ids++;
      thread.asked.set(id, { resolve, reject });
      thread.worker.postMessage({ id, task } satisfies ThreadRequest);
    });
  }

  async function doHere(cost: number, here: () => Promise<BatchResult>): Promise<BatchResult> {
    hereLoad += cost;
    try {
      return await here();
    } finally {
      hereLoad -= cost;
    }
  }

  return {
    async doBatch(task, bytes, here) {
      const cost = bytes + COST_OF_A_BATCH;
      const idlest = threads.toSorted((a, b) => a.load - b.load)[0];
      // Here there is more to do than batches: what they have done is gathered and told.
      if (idlest === undefined || idlest.load > hereLoad) return doHere(cost, here);
      idlest.load += cost;
      try {
        return await send(idlest, task);
      } catch (error) {
        if (error !== GONE) throw error;
        return await doHere(cost, here);
      } finally {
        idlest.load -= cost;
      }
    },
    async close() {
      for (const { worker } of threads) worker.postMessage(null);
      await Promise.all(threads.map(({ ended }) => ended));
    },
  };
}

/** As many as can be had: with fewer, this one does more. */
function startAll(options: BatchThreadsOptions): Thread[] {
  const threads: Thread[] = [];
  try {
    while (threads.length < options.count) threads.push(start(options));
  } catch {
    // A limit of the system (EAGAIN).
  }
  return threads;
}

function start({ script, onRead, onGone, lake, settings, code, copyInputs }: BatchThreadsOptions): Thread {
  const worker = new Worker(script, {
    workerData: { lake, settings, code, copyInputs } satisfies ThreadSetup,
    stdout: true,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const number = worker.threadId;
  const asked = new Map<number, Asked>();
  // Whatever ended it, its tasks are done elsewhere.
  worker.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      thread.load = Number.POSITIVE_INFINITY;
      try {
        if (asked.size > 0) onGone(number);
      } catch {
        // What it has left is cleared by the next one that writes; nobody takes its claims for held any more.
      } finally {
        for (const { reject } of asked.values()) reject(GONE);
        resolve();
      }
    });
  });
  const thread: Thread = { worker, asked, load: 0, ended };
  worker.on("message", (reply: ThreadReply) => {
    if ("read" in reply) {
      onRead?.(...reply.read);
      return;
    }
    const one = asked.get(reply.id);
    asked.delete(reply.id);
    if ("result" in reply) one?.resolve(reply.result);
    else one?.reject(errorOf(reply.error));
  });
  return thread;
}
