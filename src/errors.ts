/** A place in an input: physical line (1-based, as an editor counts), byte offset (0-based) and column name. */
interface Position {
  readonly line?: number;
  readonly byteOffset?: number;
  readonly column?: string;
}

/**
 * What an error means for whoever called: `data`, the file is at fault and will not heal by itself; `race`, somebody else was
 * faster, and the same again at once may do; `passing`, the same again later may do; `usage`, it was asked for in a way that
 * cannot be; `final`, none of these.
 */
type ErrorClass = "data" | "race" | "passing" | "usage" | "final";

/** Every code with its class: what to do about an error is decided here and nowhere else. */
const CLASS_OF = {
  empty: "data",
  header_invalid: "data",
  columns_missing: "data",
  columns_duplicate: "data",
  header_changed: "data",
  encoding_invalid: "data",
  nul_byte: "data",
  compressed: "data",
  /** Cut off, or other bytes than were compressed. */
  compressed_damaged: "data",
  inflated_too_large: "data",
  /** Not of the format that its contract says, from some place on, or what it asks for stands where it cannot be known. */
  source_invalid: "data",
  quote_unclosed: "data",
  row_too_long: "data",
  row_invalid: "data",
  key_invalid: "data",
  anomalies_missing: "data",
  /** A compare-and-swap was lost: somebody else wrote the object. */
  conflict: "race",
  /** The source was replaced while it was being read. */
  superseded: "race",
  /** Silver and anomalies come from different source versions. */
  sibling_pending: "passing",
  storage_failed: "passing",
  /** A broker or a stream that readings come from does not answer. */
  unreachable: "passing",
  usage: "usage",
  config_invalid: "usage",
  /** What is asked in SQL cannot be, or may not. */
  sql_invalid: "usage",
  not_found: "final",
  input_invalid: "final",
  exists: "final",
  not_rebuildable: "final",
  /** Another process holds what only one may have. */
  busy: "final",
  function_timeout: "final",
  function_memory: "final",
  function_exit: "final",
  /** A contract in the lake that cannot be understood: nothing is judged by another one. */
  contract_invalid: "final",
  /** Nobody reads this batch: it waits. */
  contract_missing: "final",
  /** The log of a table, or a file of it, is not whole. */
  table_damaged: "final",
  /** Another program has made of a table what is not understood here. */
  table_unsupported: "final",
  /** What was asked in SQL may be, and came to no answer. */
  sql_failed: "final",
  /** What answers SQL is not installed, or not as it was tested. */
  engine_missing: "final",
  /** The bucket retains no versions. */
  versioning_off: "final",
} as const satisfies Record<string, ErrorClass>;

export type ErrorCode = keyof typeof CLASS_OF;

/** Why a file is refused as a whole: no retry. */
export type DataFault = {
  [code in ErrorCode]: (typeof CLASS_OF)[code] extends "data" ? code : never;
}[ErrorCode];

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
  return Object.hasOwn(CLASS_OF, code) && CLASS_OF[code as ErrorCode] === "data";
}

/** The class of an error; null for a bug. */
export function errorClass(error: unknown): ErrorClass | null {
  return error instanceof VantageflowError ? CLASS_OF[error.code] : null;
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
