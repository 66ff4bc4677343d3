import { quote } from "../errors.ts";
import { parseDecimal } from "./decimal.ts";
import { PLAIN, type Row } from "./row.ts";
import { SEPARATORS, separatorOf } from "./separators.ts";
import { isTimestamp } from "./timestamp.ts";

export const REQUIRED = ["timestamp", "device_id", "value", "unit", "anomaly_score"] as const;

/** Why a first row is no header, and what to do about it: sentences behind "line 1: ". */
interface HeaderFault {
  readonly code: "header_invalid" | "columns_missing" | "columns_duplicate";
  readonly why: string;
  /** The column that is meant, where it is one. */
  readonly column?: string | undefined;
}

const HEADER = REQUIRED.join(",");
/** What to do about a file of another dialect, said in this one place. */
const EXPORT = `Export it as UTF-8, with commas and one header that has ${HEADER}`;

/** As much of a first row as tells what kind of file it is. */
const MAX_TEXT = 4096;

/** What is wrong with a parsed first row of these names (see `readHeader`), the most telling fault first; null for nothing. */
export function headerFault(row: Row, b: Buffer, names: readonly string[]): HeaderFault | null {
  const known = new Set<string>();
  const repeated = names.filter((name) => known.size === known.add(name).size);
  const missing = REQUIRED.filter((name) => !known.has(name));
  const twice = repeated.find((name) => name !== "");
  if (!row.stray && missing.length === 0) return twice === undefined ? null : duplicate(twice);
  const start = row.kinds[0] === PLAIN ? row.starts[0] : row.starts[0] - 1;
  const text = b.toString("utf8", start, Math.min(row.contentEnd, start + MAX_TEXT)).trim();
  const kind = separatorLine(text) ?? otherKind(text, names);
  if (kind !== null) return { code: "header_invalid", why: kind };
  // Where all of it is one cell, separators in quotes are meant, too.
  const line =
    names.length === 1 && !row.stray
      ? names[0]
      : text.replaceAll(/"(?:[^"]|"")*"/g, (cell) => cell.replaceAll(/[,;\t|]/g, " "));
  const separator = separatorOf(line, ",");
  if (separator !== null) return separated(line, separator);
  if (row.stray) {
    return { code: "header_invalid", why: "the header has a stray quote. Quote whole column names, or none." };
  }
  if (missing.length === REQUIRED.length && looksLikeReading(row, b)) {
    const fields =
      row.fields === REQUIRED.length
        ? `Put ${HEADER}`
        : `Put a header of its ${row.fields} columns, ${HEADER} among them,`;
    return { code: "header_invalid", why: `this is a reading, not a header. ${fields} above it.` };
  }
  return { code: "columns_missing", why: missingText(missing, names), column: missing[0] };
}

function duplicate(name: string): HeaderFault {
  const why = `column ${quote(name)} is there twice. Rename or remove one.`;
  return { code: "columns_duplicate", why, column: name.slice(0, 80) };
}

/** Excel's way of saying, above the header, what separates the columns. */
function separatorLine(text: string): string | null {
  // A tab at its end was trimmed.
  const [, separator] = /^"?sep=(.?)"?,*$/i.exec(text) ?? [];
  if (separator === undefined) return null;
  const line = `this is Excel's line ${quote(`sep=${separator}`)}, not the header`;
  return separator === "," ? `${line}. Remove it.` : `${line}, and the columns are not separated by commas. ${EXPORT}.`;
}

const ANNOTATIONS = ["#group", "#datatype", "#default"];
/** The first cell of the files of Campbell's loggers. */
const CAMPBELL = ["TOA5", "TOACI1", "TOB1", "TOB2", "TOB3"];
/** A measurement, its tags, and a field. */
const LINE_PROTOCOL = /^[^\s,="]+(?:,[^\s"]+)? [^\s="]+=\S/;

/** What the file is, where its first row tells that it is no plain CSV, and what to do. */
function otherKind(text: string, names: readonly string[]): string | null {
  const [first] = names;
  if (CAMPBELL.includes(first)) {
    return `this is ${first}, a Campbell logger's format with lines of its own above and below the column names. ${EXPORT}.`;
  }
  if (ANNOTATIONS.includes(first)) {
    return `this is InfluxDB's annotated CSV: ${quote(first)} is no column. ${EXPORT}, without annotations.`;
  }
  if (/^(\{|\[\s*[\]{[])/.test(text)) {
    return "this is JSON, not CSV. Give it to vantageflow ingest as .json or .ndjson, or export it as CSV.";
  }
  if (/^<[!?a-z]/i.test(text)) return `this is HTML or XML (an error page?), not CSV. ${EXPORT}.`;
  if (text.startsWith("#")) {
    return `this line begins with "#", as a comment does. Remove it, or only its "#" where it is the header.`;
  }
  if (LINE_PROTOCOL.test(text)) return `this is InfluxDB's line protocol, not CSV. ${EXPORT}.`;
  return null;
}

function separated(text: string, separator: string): HeaderFault {
  const names = text.split(separator).map((name) => name.trim().replaceAll('"', ""));
  const missing = REQUIRED.filter((name) => !names.includes(name));
  const others = missing.length === 0 ? "" : `, and ${listed(missing)} not among them`;
  const why = `its columns are separated by ${SEPARATORS.get(separator)}${others}. ${EXPORT}.`;
  return { code: "columns_missing", why, column: missing[0] };
}

function listed(missing: readonly string[]): string {
  return `${missing.map(quote).join(", ")} ${missing.length === 1 ? "is" : "are"}`;
}

function missingText(missing: readonly string[], names: readonly string[]): string {
  const [columns, them] = missing.length === 1 ? ["column", "it"] : ["columns", "them"];
  const what = `${columns} ${listed(missing)} missing.`;
  if (names.length === 1 && names[0] !== "")
    return `${what} There is nothing but ${quote(names[0])}, as a title is. ${EXPORT}.`;
  const near = names
    .filter((name) => missing.some((one) => one === name.trim().toLowerCase()))
    .slice(0, missing.length);
  if (near.length > 0)
    return `${what} There is ${near.map(quote).join(", ")}: names are exact. Add ${them} to the header.`;
  return missing.length === REQUIRED.length ? `${what} ${EXPORT}.` : `${what} Add ${them} to the header.`;
}

/** A first row with a timestamp or a number in it is data whose header was forgotten. */
function looksLikeReading(row: Row, b: Buffer): boolean {
  for (let i = 0; i < row.fields; i++) {
    const from = row.starts[i];
    const to = row.ends[i];
    if (isTimestamp(b, from, to) || !Number.isNaN(parseDecimal(b, from, to))) return true;
  }
  return false;
}
