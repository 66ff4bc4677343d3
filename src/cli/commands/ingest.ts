import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { processObject } from "../../emulator/foreground.ts";
import { land, type Pull } from "../../emulator/land.ts";
import { hashing, readingLanded } from "../../emulator/landed.ts";
import { mapBounded } from "../../emulator/run.ts";
import { createRunLog, type RunLog } from "../../emulator/run-log.ts";
import { hasCode, VantageflowError } from "../../errors.ts";
import type { ProcessContext } from "../../functions/process.ts";
import { type BatchResult, faultOf } from "../../functions/result.ts";
import { BRONZE, checkInputKey } from "../../pipeline/layers.ts";
import { NO_ROWS } from "../../pipeline/receipts.ts";
import { isS3 } from "../../storage/open.ts";
import type { ObjectInfo } from "../../storage/port.ts";
import { batchName, exitCodeOf, flushLog, isJsonName, printBatches, summarize } from "../batches.ts";
import type { GlobalFlags, Io } from "../io.ts";
import { createProgress } from "../progress.ts";
import { pullFrom } from "../pull.ts";
import { loadSettings, openLake } from "../settings.ts";
import { interruptible } from "../signals.ts";

interface IngestFlags extends GlobalFlags {
  readonly name?: string;
  readonly overwrite?: boolean;
  readonly failOnRejects?: boolean;
  readonly concurrency?: string;
}

/** A file to land and the name it gets. */
interface Upload {
  readonly file: string;
  readonly name: string;
  readonly json: boolean;
}

export async function ingest(io: Io, flags: IngestFlags, files: string[]): Promise<number> {
  const uploads = uploadsOf(files, flags.name);
  const settings = await loadSettings(io, flags);
  const progress = createProgress(io, flags);
  const context = { ...openLake(io, settings), onProgress: progress.read };
  const { config } = settings;
  progress.expect(
    uploads.length,
    uploads.reduce((sum, { file }) => sum + sizeOf(file), 0),
  );
  const log = createRunLog(context.storage, "ingest", io.now);
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    mapBounded(
      uploads,
      config.concurrency,
      async (upload) => {
        if (stopped()) return null;
        const result = await ingestOne(context, io, upload, flags.overwrite === true, log);
        progress.finished();
        return result;
      },
      ({ file }) => sizeOf(file),
    ),
  );
  progress.end();
  await flushLog(io, log);
  await context.storage.close();
  const done = results.filter((result) => result !== null);
  await printBatches(io, flags, config.lake, done);
  summarize(io, flags, config.lake, done);
  return interrupted ?? exitCodeOf(done, flags.failOnRejects === true);
}

async function ingestOne(
  context: ProcessContext,
  io: Io,
  upload: Upload,
  overwrite: boolean,
  log: RunLog,
): Promise<BatchResult> {
  const started = context.now();
  let landed: Landed;
  try {
    checkInputKey(`${BRONZE}${upload.name}`);
    landed = await landUpload(context, io, upload, overwrite);
  } catch (error) {
    const fault = faultOf(error);
    const refused = fault.code === "exists" || fault.code === "key_invalid" || fault.code === "input_invalid";
    const outcome = refused ? "refused" : "failed";
    const durationMs = context.now() - started;
    return {
      key: `${BRONZE}${upload.name}`,
      outcome,
      rows: NO_ROWS,
      devices: 0,
      outputs: [],
      durationMs,
      error: fault,
    };
  }
  const result = await processLanded(context, io, upload, landed);
  log.addResult(result);
  return { ...result, durationMs: context.now() - started };
}

interface Landed {
  readonly object: ObjectInfo;
  /** Of a file that can be read again in place of a bucket's object; else null. */
  readonly sha256: string | null;
}

/** Somebody else may land the same name meanwhile; seen again, it is the same content or a clear refusal. */
async function landUpload({ storage }: ProcessContext, io: Io, upload: Upload, overwrite: boolean): Promise<Landed> {
  const isFar = isS3(storage.url) && upload.file !== "-" && !upload.json;
  const attempt = () =>
    withPull(io, upload, async (pull) => {
      const hashed = isFar ? hashing(pull) : null;
      const object = await land(storage, upload.name, hashed?.pull ?? pull, overwrite);
      return { object, sha256: hashed?.digest() ?? null };
    });
  try {
    return await attempt();
  } catch (error) {
    if (upload.file === "-" || !hasCode(error, "conflict")) throw error;
    return attempt();
  }
}

function processLanded(
  context: ProcessContext,
  io: Io,
  upload: Upload,
  { object, sha256 }: Landed,
): Promise<BatchResult> {
  if (sha256 === null) return processObject(context, "bronzeToSilver", object);
  return withPull(io, upload, (pull) => {
    const storage = readingLanded(context.storage, object, pull, sha256);
    return processObject({ ...context, storage }, "bronzeToSilver", object);
  });
}

/** Opens the upload for as long as it is read. */
async function withPull<T>(io: Io, upload: Upload, use: (pull: Pull) => Promise<T>): Promise<T> {
  const { file, name, json } = upload;
  if (file === "-" && !json) return use(pullFrom(io.stdin));
  if (json) {
    const [{ jsonToCsv }, { createReadStream }] = await Promise.all([
      import("../../convert/json-to-csv.ts"),
      import("node:fs"),
    ]);
    const input = file === "-" ? io.stdin : createReadStream(file, { fd: openFile(file) });
    return use(pullFrom(jsonToCsv(input, { name: file === "-" ? name : file })));
  }
  const fd = openFile(file);
  try {
    return await use((into) => readSync(fd, into));
  } finally {
    closeSync(fd);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be read",
};

/** Bytes of a file; 0 for stdin and what cannot be looked at: opening it says why. */
function sizeOf(file: string): number {
  try {
    return file === "-" ? 0 : statSync(file).size;
  } catch {
    return 0;
  }
}

/** A descriptor of the file. Throws `input_invalid`. */
function openFile(file: string): number {
  const refuse = (why: string, cause?: unknown) =>
    new VantageflowError("input_invalid", `Cannot ingest "${file}": ${why}. Check the path.`, { cause });
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(REASONS[code ?? ""] ?? String(code), error);
  }
  if (!fstatSync(fd).isDirectory()) return fd;
  closeSync(fd);
  throw refuse("it is a folder");
}

function uploadsOf(files: readonly string[], name: string | undefined): Upload[] {
  if (name !== undefined && files.length > 1) throw usage("--name goes with one file. Ingest them one by one");
  const uploads = files.map((file) => {
    if (file === "-" && name === undefined) throw usage("stdin has no name. Add --name readings.csv");
    const given = name ?? basename(file);
    const landed = batchName(name ?? basename(file));
    if (!landed.endsWith(".csv")) {
      throw usage(`"${given}" is no .csv, .json or .ndjson. Rename it, or name the batch with --name`);
    }
    return { file, name: landed, json: isJsonName(file === "-" ? given : file) };
  });
  const twice = uploads.find(({ name }, i) => uploads.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined)
    throw usage(`two files would land as "bronze/${twice.name}". Ingest one of them with --name`);
  return uploads;
}

function usage(why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot ingest: ${why}.`);
}
