import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { messageOf, quote, VantageflowError } from "../errors.ts";
import type { TableMoment } from "../sql/view.ts";
import type { Io } from "./io.ts";
import { parseSince } from "./since.ts";

/** A query is written by people or made by programs; what is longer is something else. */
const MAX_QUERY_BYTES = 1024 * 1024;

/** The query: the argument, the file's, or what stands on stdin. Throws `usage` for several or none, and `input_invalid`. */
export async function readQuestion(io: Io, given: string | undefined, file: string | undefined): Promise<string> {
  if (given !== undefined && given !== "-") {
    if (file === undefined) return given;
    throw new VantageflowError("usage", "Cannot choose the query: one is an argument, another is in --file. Give one.");
  }
  if (file !== undefined) {
    try {
      return checkedText(await readFile(resolve(io.cwd, file)), file);
    } catch (error) {
      if (error instanceof VantageflowError) throw error;
      throw new VantageflowError("input_invalid", `Cannot read "${file}": ${messageOf(error)}. Check the path.`);
    }
  }
  if (io.stdin.isTTY) {
    throw new VantageflowError(
      "usage",
      'Cannot ask: there is no query. Try: vantageflow sql "select count(*) from readings"',
    );
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MAX_QUERY_BYTES) break;
  }
  return checkedText(Buffer.concat(chunks), "stdin");
}

function checkedText(bytes: Buffer, from: string): string {
  if (bytes.length <= MAX_QUERY_BYTES) return bytes.toString("utf8").replace(/^\ufeff/, "");
  const why = `it is longer than ${MAX_QUERY_BYTES} bytes, and no query is`;
  throw new VantageflowError("input_invalid", `Cannot read the query in "${from}": ${why}. Give another file.`);
}

/** A version, or a time as `--since` takes it. Throws `usage`. */
export function readMoment(text: string, now: number): TableMoment {
  if (/^\d{1,15}$/.test(text)) return { version: Number(text) };
  return { time: parseSince(text, now, "--at") };
}

/** Throws `usage` for what is no size. */
export function checkMemory(text: string): string {
  if (/^[1-9]\d{0,5}\s?(MB|GB|MiB|GiB)$/i.test(text)) return text;
  throw new VantageflowError("usage", `Cannot use --memory ${quote(text)}: it is no size. Try --memory 2GB.`);
}

/** Where files of tables in buckets are kept between queries: a cache, which anybody may remove (XDG base directory specification). */
export function cacheFolder({ environment }: Io): string {
  const { XDG_CACHE_HOME: home } = environment;
  return join(home === undefined || home === "" ? join(homedir(), ".cache") : home, "vantageflow", "tables");
}
