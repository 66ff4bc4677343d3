import { messageOf, VantageflowError } from "../errors.ts";

/** What DuckDB says of an error with `errors_as_json`. */
interface Said {
  readonly exception_type?: string;
  readonly exception_message?: string;
  /** Bytes from the beginning of the query. */
  readonly position?: string;
  readonly error_subtype?: string;
  readonly type?: string;
  readonly name?: string;
}

/** Kinds of errors that are about what was asked, not about what came of it. */
const ASKED = /^(parser|syntax|binder|catalog|not implemented|mismatch type|invalid type)/i;

/** What is said of Parquet that is not what its log says: by the decoders, which know of no file. */
const OF_FILES =
  /^(io|internal|serialization)\b|thrift|TProtocol|don't know what type|parquet|snappy|magic bytes|corrupt/i;

/** What the lake has to be asked, for those who asked for something else. */
export const VIEW_NAMES = "readings, detections, gold, rejects, batches and dead_letters";

/** The error of a query that cannot be asked like this, with its place. Throws nothing. */
export function mistake(sql: string, why: string, advice: string, position?: number): VantageflowError {
  const at = position === undefined ? {} : { line: placeIn(sql, position).line, byteOffset: position };
  return new VantageflowError("sql_invalid", `Cannot ask this: ${whereText(sql, position)}${why}. ${advice}`, at);
}

/** Of a query that somebody has ended. */
export function interrupted(): VantageflowError {
  return new VantageflowError("sql_failed", "Cannot answer: it was interrupted. Ask again.");
}

/**
 * Of an error that DuckDB threw, one of ours: `sql_invalid` for a query that cannot be, `sql_failed` for one that failed. So many bytes
 * of what was run stand before the query.
 */
export function mistakeOf(sql: string, error: unknown, before = 0): VantageflowError {
  if (error instanceof VantageflowError) return error;
  const text = messageOf(error);
  const { exception_type: type = "", exception_message: message = text, ...said } = saidIn(text);
  const position = said.position === undefined ? undefined : Number(said.position) - before;
  const [first = "", ...more] = message.trim().split("\n");
  // What there is beside the views is of no use: their names are said.
  const hints = said.type === "Table" ? [] : more.filter((line) => /^(Did you mean|Candidate)/.test(line));
  const why = [first, ...hints].join(" ").replace(/[.!?]?$/, "");
  if (/^permission/i.test(type)) {
    return mistake(sql, "a query reads the lake and nothing else of this machine", `Ask of ${VIEW_NAMES}.`, position);
  }
  if (ASKED.test(type)) return mistake(sql, oneLine(why), adviceFor(said), position);
  const where = whereText(sql, position);
  const how = failureAdvice(type, message);
  return new VantageflowError("sql_failed", `Cannot answer: ${where}${oneLine(why)}. ${how}.`, { cause: error });
}

function failureAdvice(type: string, message: string): string {
  if (/^out of memory/i.test(type)) return "Ask for fewer rows or groups, or allow more: --memory 4GB";
  if (OF_FILES.test(`${type} ${message}`)) {
    return "That is said of a damaged file, and not of the query. See which: vantageflow verify";
  }
  return "Change the query";
}

function adviceFor({ error_subtype: subtype, type, name = "" }: Said): string {
  if (subtype === "MISSING_ENTRY" && type === "Table") return `The lake has ${VIEW_NAMES}.`;
  if (subtype === "COLUMN_NOT_FOUND") {
    return /^[A-Z]/.test(name) || name.includes(" ")
      ? "Texts stand in single quotes: 'FAB-TEM-001'."
      : 'See what there is: vantageflow sql "describe readings"';
  }
  return "Mend the query; docs/sql.md has ten that work.";
}

/** The JSON of an error, wherever in its text that stands. */
function saidIn(text: string): Said {
  try {
    return JSON.parse(text.slice(text.indexOf("{")));
  } catch {
    const [, type, message] = /^([A-Z][A-Za-z ]+?) Error: ([\s\S]*)$/.exec(text) ?? [];
    return type === undefined || message === undefined ? {} : { exception_type: type, exception_message: message };
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 500);
}

function whereText(sql: string, position: number | undefined): string {
  if (position === undefined) return "";
  const { line, column } = placeIn(sql, position);
  return `line ${line}, column ${column}: `;
}

/** Line and column, both from 1, of a byte of a query; columns count characters. */
function placeIn(sql: string, position: number): { readonly line: number; readonly column: number } {
  const lines = Buffer.from(sql, "utf8").subarray(0, position).toString("utf8").split("\n");
  return { line: lines.length, column: [...lines[lines.length - 1]].length + 1 };
}
