import { quote, VantageflowError } from "../errors.ts";
import { parseDecimal } from "./decimal.ts";
import { fieldText, PLAIN, type Row } from "./row.ts";
import { isTimestamp } from "./timestamp.ts";

/** What a column means to the stages. Everything else, `unit` included, is carried through. */
const OTHER = 0;
export const TIMESTAMP = 1;
export const DEVICE_ID = 2;
export const VALUE = 3;
export const ANOMALY_SCORE = 4;

const REQUIRED = ["timestamp", "device_id", "value", "unit", "anomaly_score"] as const;
const ROLES = new Map<string, number>([
  ["timestamp", TIMESTAMP],
  ["device_id", DEVICE_ID],
  ["value", VALUE],
  ["anomaly_score", ANOMALY_SCORE],
]);

/** Where each column is, by position in the row. */
export interface Header {
  /** The header row's bytes as they were, without BOM and line end. */
  readonly bytes: Buffer;
  readonly columns: number;
  /** The role of each column. */
  readonly roles: Uint8Array;
  /** The column of each role, by role. */
  readonly columnOf: Uint32Array;
}

/**
 * Reads a parsed header row. Columns are found by exact name, in any order, blanks around an unquoted name ignored.
 * Throws `header_invalid`, `columns_missing` or `columns_duplicate`, with the line.
 */
export function readHeader(row: Row, b: Buffer, key: string, line: number): Header {
  const start = row.kinds[0] === PLAIN ? row.starts[0] : row.starts[0] - 1;
  const bytes = Buffer.from(b.subarray(start, row.contentEnd));
  const refuse = (code: "header_invalid" | "columns_missing" | "columns_duplicate", why: string, column?: string) =>
    new VantageflowError(code, `Cannot read "${key}": line ${line}: ${why}`, {
      key,
      line,
      byteOffset: 0,
      ...(column === undefined ? {} : { column }),
    });

  if (row.stray) throw refuse("header_invalid", "the header has a stray quote. Quote whole column names, or none.");
  const names: string[] = [];
  for (let i = 0; i < row.fields; i++) {
    row.trim(b, i);
    names.push(fieldText(row, b, i));
  }
  const known = new Set<string>();
  const twice = names.find((name) => name !== "" && known.size === known.add(name).size);
  const missing = REQUIRED.filter((name) => !known.has(name));
  if (missing.length === REQUIRED.length && looksLikeReading(row, b)) {
    throw refuse("header_invalid", `this is a reading, not a header. Put ${REQUIRED.join(",")} above it.`);
  }
  if (missing.length > 0)
    throw refuse("columns_missing", missingText(missing, names) + separatorHint(names), missing[0]);
  if (twice !== undefined) {
    throw refuse(
      "columns_duplicate",
      `column ${quote(twice)} is there twice. Rename or remove one.`,
      twice.slice(0, 80),
    );
  }

  const roles = Uint8Array.from(names, (name) => ROLES.get(name) ?? OTHER);
  const columnOf = new Uint32Array(5);
  roles.forEach((role, column) => {
    if (role !== OTHER) columnOf[role] = column;
  });
  return { bytes, columns: names.length, roles, columnOf };
}

function missingText(missing: readonly string[], names: readonly string[]): string {
  const list = missing.map((name) => `"${name}"`).join(", ");
  const near = names.filter((name) => missing.includes(name.trim().toLowerCase())).slice(0, missing.length);
  const hint = near.length > 0 ? ` There is ${near.map(quote).join(", ")}: names are exact.` : "";
  return missing.length === 1
    ? `column ${list} is missing.${hint} Add it to the header.`
    : `columns ${list} are missing.${hint} Add them to the header.`;
}

/** Spreadsheets of many countries write semicolons. */
function separatorHint(names: readonly string[]): string {
  const other = [";", "\t", "|"].find((separator) => names.length === 1 && names[0].includes(separator));
  return other === undefined
    ? ""
    : ` Its columns seem to be separated by ${JSON.stringify(other)}: export it with commas.`;
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
