import { Worker } from "node:worker_threads";
import type { TableColumn } from "../parquet/columns.ts";
import { type EncodedFile, encodeFiles } from "./encode-files.ts";
import type { RowColumns } from "./row-buffer.ts";

/** To the thread: rows, which it sees where they are; their texts are copied. */
export interface EncodeRequest {
  readonly rows: RowColumns;
  readonly columns: readonly TableColumn[];
}

/** From it. Errors there are none, or they end it. */
export type EncodeReply = readonly EncodedFile[];

/** Sorts and encodes rows beside whoever asks, in the order in which that is asked for. What it gives is what {@link encodeFiles} gives. */
export interface FilesEncoder {
  encode(rows: RowColumns, columns: readonly TableColumn[]): Promise<readonly EncodedFile[]>;
  close(): Promise<void>;
}

interface Job extends EncodeRequest {
  readonly resolve: (files: readonly EncodedFile[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread, started when there is something for it. Where it cannot be had, or is gone, all is done here. */
export function createEncoder(script: URL): FilesEncoder {
  let thread: Worker | null = null;
  let isLost = false;
  /** In the thread. */
  const sent: Job[] = [];

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
    thread.on("message", (files: EncodeReply) => sent.shift()?.resolve(files));
    thread.once("exit", () => {
      thread = null;
      isLost = true;
      for (const job of sent.splice(0)) doHere(job);
    });
    return thread;
  }

  return {
    encode(rows, columns) {
      return new Promise((resolve, reject) => {
        const job = { rows, columns, resolve, reject };
        const worker = start();
        if (worker === null) {
          doHere(job);
          return;
        }
        sent.push(job);
        worker.postMessage({ rows, columns } satisfies EncodeRequest);
      });
    },
    async close() {
      isLost = true;
      await thread?.terminate();
    },
  };
}

function doHere({ rows, columns, resolve, reject }: Job): void {
  try {
    resolve(encodeFiles(rows, columns));
  } catch (error) {
    reject(error);
  }
}
