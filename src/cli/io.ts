import { once } from "node:events";
import { escapeTerminal } from "../escape.ts";
import { withLakeInHints } from "./hints.ts";

export { lakeOption, shellWord } from "../shell.ts";

/** What a command may touch of the process: everything it prints, reads or depends on comes through here. */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => number;
  /** The script of worker threads, beside that of the command line. */
  readonly workerScript: URL;
  /** The script of threads that make rows of large sources. */
  readonly rowsScript: URL;
  /** The script of threads that do whole batches. */
  readonly batchScript: URL;
  /** The script of the thread that hashes large files. */
  readonly digestScript: URL;
  /** The script of the thread that sorts and encodes rows of tables. */
  readonly encodeScript: URL;
  /** The folder of the dashboard's page, beside it. */
  readonly page: URL;
  /** What the command has opened; closed when it ends, however it ends. */
  readonly opened: { close(): Promise<void> }[];
  /** The lake that the command is on, as soon as it is known: what people are told to type is on the same one. */
  lake?: string | undefined;
}

/** Leaves the closing to the end of the command. */
export function untilEnd<T extends { close(): Promise<void> }>(io: Io, opened: T): T {
  io.opened.push(opened);
  return opened;
}

/** The flags that every command takes. */
export interface GlobalFlags {
  readonly lake?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False with `--no-color`, true with `--color`, absent otherwise. */
  readonly color?: boolean;
  readonly anomalyThreshold?: string;
  readonly maxRowBytes?: string;
}

/** Writes data to stdout, waiting while a pipe is full. */
export async function print(io: Io, text: string | Uint8Array): Promise<void> {
  if (!io.stdout.write(text)) await once(io.stdout, "drain");
}

/** One JSON document on stdout. */
export function printJson(io: Io, document: unknown): Promise<void> {
  return print(io, `${JSON.stringify(document)}\n`);
}

/** A text for people, in which every command that they may type is on the lake of this one. */
export function advised(io: Io, text: string): string {
  return withLakeInHints(text, io.lake);
}

/** A line for people on stderr; nothing with `--quiet`. Untrusted text in it cannot drive the terminal. */
export function notice(io: Io, flags: GlobalFlags, text: string): void {
  if (flags.quiet !== true) io.stderr.write(`${escapeTerminal(advised(io, text))}\n`);
}

/** An error line on stderr, `--quiet` or not; several only of a text whose line breaks are our own. */
export function complain(io: Io, text: string, { keepLines = false } = {}): void {
  io.stderr.write(`vantageflow: ${escapeTerminal(advised(io, text), { keepLines })}\n`);
}
