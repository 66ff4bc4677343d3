import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { mapBounded } from "../../bounded.ts";
import { ingestBatch } from "../../engine/landing.ts";
import { createRunLog, type RunLog } from "../../engine/run-log.ts";
import { hasCode, VantageflowError } from "../../errors.ts";
import type { ProcessContext } from "../../functions/context.ts";
import { type BatchResult, faultOf } from "../../functions/result.ts";
import { BRONZE, checkInputKey, isCsvName } from "../../ledger/layers.ts";
import { litterOf } from "../../ledger/litter.ts";
import { NO_ROWS } from "../../ledger/receipts.ts";
import type { Pull } from "../../pipeline/source.ts";
import { isS3 } from "../../storage/url.ts";
import { batchName, exitCodeOf, flushLog, isJsonName, printBatches, summarize } from "../batches.ts";
import { type GlobalFlags, type Io, notice, shellWord } from "../io.ts";
import { createProgress } from "../progress.ts";
import { pullFrom } from "../pull.ts";
import { checkFolders, loadSettings, openLake } from "../settings.ts";
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

/** Codes of what was refused before it became an object. */
const NOT_LANDED = ["exists", "input_invalid", "key_invalid"];

export async function ingest(io: Io, flags: IngestFlags, files: string[]): Promise<number> {
  const uploads = withoutLitter(io, flags, uploadsOf(files, flags.name));
  const settings = await loadSettings(io, flags);
  checkFolders(settings.config.lake);
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
  const done = results.filter((result) => result !== null);
  await printBatches(io, flags, config.lake, done);
  await summarize(io, flags, context.storage, done, NOT_LANDED);
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
  const key = `${BRONZE}${upload.name}`;
  try {
    checkName(upload);
    checkInputKey(key);
    const result = await landUpload(context, io, upload, overwrite);
    log.addResult(result);
    return result;
  } catch (error) {
    const fault = faultOf(error);
    const outcome = NOT_LANDED.includes(fault.code) ? "refused" : "failed";
    const durationMs = context.now() - started;
    return { key, outcome, rows: NO_ROWS, devices: 0, outputs: [], durationMs, error: fault };
  }
}

/** Somebody else may land the same name meanwhile; seen again, it is the same content or a clear refusal. */
async function landUpload(context: ProcessContext, io: Io, upload: Upload, overwrite: boolean): Promise<BatchResult> {
  const attempt = () => withPull(io, upload, (pull) => ingestBatch(context, upload.name, pull, overwrite));
  try {
    return await attempt();
  } catch (error) {
    if (upload.file === "-" || !hasCode(error, "conflict")) throw error;
    return attempt();
  }
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
    if (isS3(file)) {
      const advice = `Bring it: aws s3 cp ${shellWord(file)} - | vantageflow ingest - --name ${shellWord(basename(file))}`;
      throw new VantageflowError("input_invalid", `Cannot ingest "${file}": it is in a bucket. ${advice}`);
    }
    throw refuse(REASONS[code ?? ""] ?? String(code), error);
  }
  if (!fstatSync(fd).isDirectory()) return fd;
  closeSync(fd);
  const advice = `Name its files: vantageflow ingest ${shellWord(file.replace(/\/*$/, "/"))}*.csv`;
  throw new VantageflowError("input_invalid", `Cannot ingest "${file}": it is a folder. ${advice}`);
}

function uploadsOf(files: readonly string[], name: string | undefined): Upload[] {
  if (name !== undefined && files.length > 1) throw usage("--name goes with one file. Ingest them one by one");
  const uploads = files.map((file): Upload => {
    if (file === "-" && name === undefined) throw usage("stdin has no name. Add --name readings.csv");
    const given = name ?? basename(file);
    const landed = batchName(given);
    if (name !== undefined && !isCsvName(landed)) throw usage(`--name "${name}": ${nameProblem(landed)}`);
    return { file, name: landed, json: isJsonName(file === "-" ? given : file) };
  });
  const names = uploads.map((upload) => upload.name).filter(isCsvName);
  const twice = names.find((landed, i) => names.indexOf(landed) !== i);
  if (twice !== undefined) throw usage(`two files would land as "bronze/${twice}". Ingest one of them with --name`);
  return uploads;
}

/** `ingest dir/*` names what programs left there, too: that is told and fails nothing, but it alone is refused. */
function withoutLitter(io: Io, flags: IngestFlags, uploads: readonly Upload[]): readonly Upload[] {
  const wanted = uploads.filter(({ name }) => litterOf(name) === null);
  if (wanted.length === 0) return uploads;
  for (const { file, name } of uploads) {
    const litter = litterOf(name);
    if (litter !== null) notice(io, flags, `Passed over ${file}: ${litter}.`);
  }
  return wanted;
}

/** Throws `input_invalid` for a file whose name says nothing of CSV or JSON, with what to do about it. */
function checkName({ file, name }: Upload): void {
  if (isCsvName(name)) return;
  closeSync(openFile(file));
  const refuse = (why: string) => new VantageflowError("input_invalid", `Cannot ingest "${file}": ${why}`);
  if (/\.(gz|zip|zst|xz|bz2)$/i.test(file)) throw refuse("it is compressed. Unpack it first.");
  const other = `${name.replace(/^[._~$#]+|\.csv$/gi, "") || "readings"}.csv`;
  const advice = `Give it another: vantageflow ingest ${shellWord(file)} --name ${shellWord(other)}`;
  throw refuse(`${nameProblem(name)}. ${advice}`);
}

function nameProblem(name: string): string {
  return litterOf(name) ?? "its name does not end in .csv, .json or .ndjson";
}

function usage(why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot ingest: ${why}.`);
}
