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

/** Sorts and encodes rows beside whoever asks; one request at a time. What it gives is what {@link encodeFiles} gives. */
export interface FilesEncoder {
  encode(rows: RowColumns, columns: readonly TableColumn[]): Promise<readonly EncodedFile[]>;
  close(): Promise<void>;
}

/** One thread, started when there is something for it. Where it cannot be had, or is gone, all is done here. */
export function createEncoder(script: URL): FilesEncoder {
  let thread: Worker | null = null;
  let isLost = false;

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
    thread.once("exit", () => {
      thread = null;
      isLost = true;
    });
    return thread;
  }

  return {
    encode(rows, columns) {
      const worker = start();
      if (worker === null) return Promise.resolve(encodeFiles(rows, columns));
      return new Promise((resolve, reject) => {
        const settle = (work: () => readonly EncodedFile[]) => {
          worker.off("message", onReply);
          worker.off("exit", onExit);
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
        };
        const onReply = (files: EncodeReply) => settle(() => files);
        const onExit = () => settle(() => encodeFiles(rows, columns));
        worker.once("message", onReply);
        worker.once("exit", onExit);
        worker.postMessage({ rows, columns } satisfies EncodeRequest);
      });
    },
    async close() {
      isLost = true;
      await thread?.terminate();
    },
  };
}
