import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { CONVERTED_SUFFIXES, type Format, formatOf, landedName } from "../convert/formats.ts";
import { VantageflowError } from "../errors.ts";
import { isSourceName } from "../ledger/layers.ts";
import { litterOf } from "../ledger/litter.ts";
import type { Pull } from "../pipeline/source.ts";
import { isS3 } from "../storage/url.ts";
import { topology } from "../topology.ts";
import { type GlobalFlags, type Io, notice, shellWord } from "./io.ts";
import { pullFrom } from "./pull.ts";

/** A file to land and the name it gets. */
export interface Upload {
  readonly file: string;
  readonly name: string;
  /** What it is called where it comes from. */
  readonly given: string;
  /** Its form where it is no CSV. */
  readonly format: Format | null;
}

/** What these arguments of `ingest` are to land as; with a contract, `asTheyAre`. Throws `usage`. */
export function uploadsOf(files: readonly string[], name: string | undefined, asTheyAre: boolean): Upload[] {
  if (name !== undefined && files.length > 1) throw usage("--name goes with one file. Ingest them one by one");
  const uploads = files.map((file): Upload => {
    if (file === "-" && name === undefined) throw usage("stdin has no name. Add --name readings.csv");
    const given = name ?? basename(file);
    const landed = asTheyAre ? given : landedName(given);
    if (name !== undefined && !isSourceName(landed)) throw usage(`--name "${name}": ${nameProblem(landed)}`);
    return { file, name: landed, given, format: asTheyAre ? null : formatOf(file === "-" ? given : file) };
  });
  const names = uploads.map((upload) => upload.name).filter((landed) => isSourceName(landed));
  const twice = names.find((landed, i) => names.indexOf(landed) !== i);
  if (twice !== undefined) throw usage(`two files would land as "bronze/${twice}". Ingest one of them with --name`);
  return uploads;
}

/** A file as it came, as words of a command that reads it. */
export function sourceWords({ file, given }: Upload): string {
  return file === "-" ? `- --name ${shellWord(given)}` : shellWord(file);
}

/** `ingest dir/*` names what programs left there, too: that is told and fails nothing, but it alone is refused. */
export function withoutLitter(io: Io, flags: GlobalFlags, uploads: readonly Upload[]): readonly Upload[] {
  const wanted = uploads.filter(({ name }) => litterOf(name) === null);
  if (wanted.length === 0) return uploads;
  for (const { file, name } of uploads) {
    const litter = litterOf(name);
    if (litter !== null) notice(io, flags, `Passed over ${file}: ${litter}.`);
  }
  return wanted;
}

/** Throws `input_invalid` for a file whose name says of no form that can be read, with what to do about it. */
export function checkName({ file, name }: Upload): void {
  if (isSourceName(name)) return;
  closeSync(openFile(file));
  const refuse = (why: string) => new VantageflowError("input_invalid", `Cannot ingest "${file}": ${why}`);
  if (/\.(gz|zip|zst|xz|bz2)$/i.test(file)) throw refuse("it is compressed. Unpack it first.");
  const other = `${name.replace(/^[._~$#]+|\.csv$/gi, "") || "readings"}.csv`;
  const advice = `Give it another: vantageflow ingest ${shellWord(file)} --name ${shellWord(other)}`;
  throw refuse(`${nameProblem(name)}. ${advice}`);
}

/** Opens the upload for as long as it is read. */
export async function withPull<T>(io: Pick<Io, "stdin">, upload: Upload, use: (pull: Pull) => Promise<T>): Promise<T> {
  const { file, name, format } = upload;
  if (format !== null) {
    const convert = await format.load();
    const input = file === "-" ? io.stdin : createReadStream(file, { fd: openFile(file) });
    return use(pullFrom(convert(input, { name: file === "-" ? name : file })));
  }
  if (file === "-") return use(pullFrom(io.stdin));
  const fd = openFile(file);
  try {
    return await use((into) => readSync(fd, into));
  } finally {
    closeSync(fd);
  }
}

/** Bytes of a file; 0 for stdin and what cannot be looked at: opening it says why. */
export function bytesOf(file: string): number {
  try {
    return file === "-" ? 0 : statSync(file).size;
  } catch {
    return 0;
  }
}

/** Whether a file can be opened again and read from its beginning: a pipe cannot. */
export function isRereadable(file: string): boolean {
  try {
    return file !== "-" && statSync(file).isFile();
  } catch {
    return false;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be read",
};

const INGEST = { verb: "ingest", command: "vantageflow ingest" };

/** A descriptor of the file that a command reads. Throws `input_invalid`. */
export function openFile(file: string, { verb, command } = INGEST): number {
  const refuse = (why: string, cause?: unknown) =>
    new VantageflowError("input_invalid", `Cannot ${verb} "${file}": ${why}. Check the path.`, { cause });
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isS3(file)) {
      const advice = `Bring it: aws s3 cp ${shellWord(file)} - | ${command} - --name ${shellWord(basename(file))}`;
      throw new VantageflowError("input_invalid", `Cannot ${verb} "${file}": it is in a bucket. ${advice}`);
    }
    throw refuse(REASONS[code ?? ""] ?? String(code), error);
  }
  if (!fstatSync(fd).isDirectory()) return fd;
  closeSync(fd);
  const advice = `Name its files: ${command} ${shellWord(file.replace(/\/*$/, "/"))}*.csv`;
  throw new VantageflowError("input_invalid", `Cannot ${verb} "${file}": it is a folder. ${advice}`);
}

function nameProblem(name: string): string {
  const known = [...new Set([...topology.suffixes.map((suffix) => suffix.toLowerCase()), ...CONVERTED_SUFFIXES])];
  return litterOf(name) ?? `its name does not end in ${known.slice(0, -1).join(", ")} or ${known.at(-1)}`;
}

function usage(why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot ingest: ${why}.`);
}
