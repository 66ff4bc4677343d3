import { Worker } from "node:worker_threads";
import { type EncodedRowGroup, encodeRowGroup, type RowGroupValues } from "./encode.ts";

/** To the thread: a row group, whose numbers it sees where they are; its texts are copied. */
export interface EncodeRequest {
  readonly id: number;
  readonly group: RowGroupValues;
}

/** From it. Errors there are none, or they end it. */
export interface EncodeReply {
  readonly id: number;
  readonly encoded: EncodedRowGroup;
}

/** Encodes row groups here or in a thread; the bytes are the same. */
export interface RowGroupEncoder {
  /** `isIdle`: nothing else is done here until it is encoded, and what waits for the thread may be encoded here as well. */
  encode(group: RowGroupValues, isIdle: boolean): Promise<EncodedRowGroup>;
}

/** Without a thread. */
export const ENCODED_HERE: RowGroupEncoder = { encode: async (group) => encodeRowGroup(group) };

/** Row groups from which on a thread, which takes some 50 ms to start, has enough to do. */
const PAYING_GROUPS = 4;
/** As much as the thread has before it, so that it need not wait for more. */
const AHEAD = 2;

interface Job extends EncodeRequest {
  readonly resolve: (encoded: EncodedRowGroup) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread beside this one, started when there is enough for it. Where it cannot be had, or is gone, all is done here. */
export function createEncoder(script: URL): RowGroupEncoder & { close(): Promise<void> } {
  let thread: Worker | null = null;
  let isLost = false;
  let ids = 0;
  /** In the thread. */
  const sent = new Map<number, Job>();
  /** For whoever is first. */
  const waiting: Job[] = [];
  let isSharing = false;

  function start(): Worker | null {
    if (thread !== null || isLost) return thread;
    try {
      thread = new Worker(script, { stdout: true, resourceLimits: { maxYoungGenerationSizeMb: 8 } });
    } catch {
      // No more threads are to be had (EAGAIN).
      isLost = true;
      return null;
    }
    // Whatever ended it, its work is done here.
    thread.on("error", () => {});
    thread.on("message", ({ id, encoded }: EncodeReply) => {
      sent.get(id)?.resolve(encoded);
      sent.delete(id);
    });
    thread.once("exit", () => {
      thread = null;
      isLost = true;
      for (const job of sent.values()) doHere(job);
      sent.clear();
    });
    return thread;
  }

  function send(worker: Worker, job: Job): void {
    const { id, group } = job;
    sent.set(id, job);
    worker.postMessage({ id, group } satisfies EncodeRequest);
  }

  async function share(): Promise<void> {
    if (isSharing) return;
    isSharing = true;
    // All that is to be encoded has come, then.
    for (let isFirst = true; ; isFirst = false) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isFirst && waiting.length >= PAYING_GROUPS) start();
      while (thread !== null && sent.size < AHEAD && waiting.length > 0) send(thread, waiting.shift()!);
      const job = waiting.pop();
      if (job === undefined) break;
      doHere(job);
    }
    isSharing = false;
  }

  return {
    encode(group, isIdle) {
      return new Promise((resolve, reject) => {
        const job = { id: ids++, group, resolve, reject };
        const worker = isIdle ? null : start();
        if (isIdle) {
          waiting.push(job);
          void share();
        } else if (worker !== null) send(worker, job);
        else doHere(job);
      });
    },
    async close() {
      isLost = true;
      await thread?.terminate();
    },
  };
}

function doHere({ group, resolve, reject }: Job): void {
  try {
    resolve(encodeRowGroup(group));
  } catch (error) {
    reject(error);
  }
}
