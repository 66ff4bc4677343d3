/** A place in an input: physical line (1-based, as an editor counts), byte offset (0-based) and column name. */
interface Position {
  readonly line?: number;
  readonly byteOffset?: number;
  readonly column?: string;
}

/** Why a file is refused as a whole. The file will not heal by itself: no retry. */
const DATA_FAULTS = [
  "empty",
  "header_invalid",
  "columns_missing",
  "columns_duplicate",
  "header_changed",
  "encoding_invalid",
  "nul_byte",
  "compressed",
  "quote_unclosed",
  "row_too_long",
  "row_invalid",
  "key_invalid",
  "anomalies_missing",
] as const;

export type DataFault = (typeof DATA_FAULTS)[number];

/** Everything else that can go wrong, by what the caller can do about it. */
export type ErrorCode =
  | DataFault
  | "not_found"
  | "conflict" // a compare-and-swap was lost: somebody else wrote the object
  | "superseded" // the source was replaced while it was being read
  | "sibling_pending" // silver and anomalies come from different source versions
  | "storage_failed"
  | "config_invalid"
  | "input_invalid"
  | "exists"
  | "not_rebuildable"
  | "busy" // another process holds what only one may have
  | "function_timeout"
  | "function_memory"
  | "function_exit"
  | "versioning_off" // the bucket retains no versions
  | "usage";

interface ErrorDetails extends Position {
  readonly key?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error that crosses layers. Callers look at `code`; people read the message:
 * `Cannot <verb> "<thing>": <why>. <what to do>.`
 */
export class VantageflowError extends Error {
  readonly code: ErrorCode;
  readonly key: string | undefined;
  readonly line: number | undefined;
  readonly byteOffset: number | undefined;
  readonly column: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "VantageflowError";
    this.code = code;
    this.key = details.key;
    this.line = details.line;
    this.byteOffset = details.byteOffset;
    this.column = details.column;
  }
}

/** True for faults of the file itself, which go to the dead letters without a retry. */
export function isDataFault(error: unknown): error is VantageflowError & { code: DataFault } {
  return error instanceof VantageflowError && isDataFaultCode(error.code);
}

export function isDataFaultCode(code: string): code is DataFault {
  return (DATA_FAULTS as readonly string[]).includes(code);
}

/** True when `error` is a VantageflowError with one of `codes`. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is VantageflowError {
  return error instanceof VantageflowError && codes.includes(error.code);
}

const QUOTED_CHARACTERS = 80;

/** Untrusted text in a message: as JSON, and never longer than a line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
