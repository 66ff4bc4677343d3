import { mapBounded } from "../../bounded.ts";
import { createRunLog, type RunLog } from "../../engine/run-log.ts";
import type { ProcessContext } from "../../functions/context.ts";
import { type BatchResult, faultOf } from "../../functions/result.ts";
import { BRONZE, checkInputKey } from "../../ledger/layers.ts";
import { NO_ROWS } from "../../ledger/receipts.ts";
import { instant } from "../../ledger/sources.ts";
import { batchThreads } from "../batch-threads.ts";
import { exitCodeOf, flushLog, printBatches, summarize } from "../batches.ts";
import type { FlagsOf } from "../command.ts";
import { bytesOf, isRereadable, sourceWords, type Upload, uploadsOf, withoutLitter } from "../ingest-files.ts";
import { type Placement, placementOf } from "../ingest-placement.ts";
import type { Io } from "../io.ts";
import { landUpload } from "../land-upload.ts";
import { createProgress } from "../progress.ts";
import { checkFolders, loadSettings, openLake } from "../settings.ts";
import { interruptible } from "../signals.ts";
import type { command } from "./ingest.command.ts";

/** Codes of what was refused before it became an object. */
const NOT_LANDED = ["exists", "input_invalid", "key_invalid"];

export async function action(io: Io, flags: FlagsOf<typeof command>, files: string[]): Promise<number> {
  const given = withoutLitter(io, flags, uploadsOf(files, flags.name, flags.contract !== undefined));
  const settings = await loadSettings(io, flags);
  checkFolders(settings.config.lake);
  const progress = createProgress(io, flags);
  const context = { ...openLake(io, settings), onProgress: progress.read, listedSince: instant() };
  const { config } = settings;
  const { place, check } = await placementOf(io, flags, context.storage);
  const uploads = given.map(place);
  const sizes = new Map(uploads.map(({ file }) => [file, bytesOf(file)]));
  const sizeOf = ({ file }: Upload) => sizes.get(file) ?? 0;
  const bytes = uploads.reduce((sum, upload) => sum + sizeOf(upload), 0);
  progress.expect(uploads.length, bytes);
  const doBatch = batchThreads(io, settings, context, uploads.length, bytes);
  const log = createRunLog(context.storage, "ingest", io.now);
  const overwrite = flags.overwrite === true;
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    mapBounded(
      uploads,
      config.concurrency,
      async (upload) => {
        if (stopped()) return null;
        const result = await ingestOne(context, upload, check, log, () => {
          const here = () => landUpload(context, io, upload, overwrite);
          const { file, name, format } = upload;
          if (doBatch === undefined || format !== null || !isRereadable(file)) return here();
          return doBatch({ file, name, overwrite }, sizeOf(upload), here);
        });
        progress.finished();
        return result;
      },
      sizeOf,
    ),
  );
  progress.end();
  await flushLog(io, log);
  const done = results.filter((result) => result !== null);
  const converted = uploads.filter(({ format, file }) => format !== null && (file === "-" || isRereadable(file)));
  const sources = new Map(converted.map((upload) => [`${BRONZE}${upload.name}`, sourceWords(upload)]));
  await printBatches(io, flags, config.lake, done, (key) => sources.get(key));
  await summarize(io, flags, context.storage, done, NOT_LANDED);
  return interrupted ?? exitCodeOf(done, flags.failOnRejects === true);
}

async function ingestOne(
  context: ProcessContext,
  upload: Upload,
  check: Placement["check"],
  log: RunLog,
  landed: () => Promise<BatchResult>,
): Promise<BatchResult> {
  const started = context.now();
  const key = `${BRONZE}${upload.name}`;
  try {
    check(upload);
    checkInputKey(key);
    const result = await landed();
    log.addResult(result);
    return result;
  } catch (error) {
    const fault = faultOf(error);
    const outcome = NOT_LANDED.includes(fault.code) ? "refused" : "failed";
    const durationMs = context.now() - started;
    return { key, outcome, rows: NO_ROWS, devices: 0, outputs: [], durationMs, error: fault };
  }
}
