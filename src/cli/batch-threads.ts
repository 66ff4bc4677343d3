import { availableParallelism } from "node:os";
import type { Resolved } from "../config.ts";
import { type DoBatch, paysThreads, startBatchThreads } from "../engine/batch-threads.ts";
import type { ProcessContext } from "../functions/context.ts";
import { openWatchable } from "../storage/open.ts";
import { VERSION } from "../version.ts";
import { type Io, untilEnd } from "./io.ts";

/** Does batches of this lake on all cores, where that pays for so many with so many bytes; undefined where it does not. */
export function batchThreads(
  io: Io,
  { config }: Resolved,
  { onProgress }: ProcessContext,
  batches: number,
  bytes: number,
): DoBatch | undefined {
  const count = Math.min(availableParallelism(), batches) - 1;
  if (count < 1 || !paysThreads(batches, bytes)) return undefined;
  const threads = startBatchThreads({
    script: io.batchScript,
    count,
    lake: config.lake,
    settings: config.pipeline,
    code: VERSION,
    copyInputs: config.copyInputs,
    onRead: onProgress,
    onGone: (thread) => openWatchable(config.lake)?.clearAfterThread(thread),
  });
  return untilEnd(io, threads).doBatch;
}
