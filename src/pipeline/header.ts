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
  readonly names: readonly string[];
  /** The line on which it stands. */
  readonly line: number;
  /** The role of each column. */
  readonly roles: Uint8Array;
  /** The column of each role, by role. */
  readonly columnOf: Uint32Array;
}

/** Where a header stands. */
interface Place {
  readonly key: string;
  readonly line: number;
  readonly byteOffset: number;
}

/**
 * Reads a parsed header row. Columns are found by exact name, in any order, blanks around an unquoted name ignored.
 * Throws `header_invalid`, `columns_missing` or `columns_duplicate`, with its place.
 */
export function readHeader(row: Row, b: Buffer, place: Place): Header {
  const start = row.kinds[0] === PLAIN ? row.starts[0] : row.starts[0] - 1;
  const bytes = Buffer.from(b.subarray(start, row.contentEnd));
  const refuse = (code: "header_invalid" | "columns_missing" | "columns_duplicate", why: string, column?: string) =>
    new VantageflowError(code, `Cannot read "${place.key}": line ${place.line}: ${why}`, {
      ...place,
      ...(column === undefined ? {} : { column }),
    });

  if (row.stray) throw refuse("header_invalid", "the header has a stray quote. Quote whole column names, or none.");
  const names = namesOf(row, b);
  const known = new Set<string>();
  const repeated = names.filter((name) => known.size === known.add(name).size);
  const twice = repeated.find((name) => name !== "");
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
  return { bytes, columns: names.length, names, line: place.line, roles, columnOf };
}

function namesOf(row: Row, b: Buffer): string[] {
  const names: string[] = [];
  for (let i = 0; i < row.fields; i++) {
    row.trim(b, i);
    names.push(fieldText(row, b, i));
  }
  return names;
}

/** A row with so many of the required names as cells of its own is a header. */
const HEADER_NAMES = 3;
const [SHORTEST_NAME, LONGEST_NAME] = [Math.min, Math.max].map((of) => of(...REQUIRED.map((name) => name.length)));

/**
 * Whether a parsed row that is no reading is the header again, as where exports were put one behind the other: the same
 * names in the same order, upper and lower case alike. Throws `header_changed` where it is a header with other columns.
 */
export function isHeaderAgain(row: Row, b: Buffer, header: Header, place: Place): boolean {
  if (!isHeader(row, b)) return false;
  const names = namesOf(row, b);
  const isSame = (name: string, i: number) => name.toLowerCase() === header.names[i].toLowerCase();
  if (names.length === header.columns && names.every(isSame)) return true;
  const what = `line ${place.line}: there is another header, ${quote(names.join(","))}, with other columns than on line ${header.line}`;
  const why = `${what}. Split the file in front of it, or export it again with one header.`;
  throw new VantageflowError("header_changed", `Cannot read "${place.key}": ${why}`, place);
}

function isHeader(row: Row, b: Buffer): boolean {
  const found = new Set<string>();
  for (let i = 0; i < row.fields && found.size < HEADER_NAMES; i++) {
    row.trim(b, i);
    const length = row.ends[i] - row.starts[i];
    if (length < SHORTEST_NAME || length > LONGEST_NAME) continue;
    const name = fieldText(row, b, i).toLowerCase();
    if ((REQUIRED as readonly string[]).includes(name)) found.add(name);
  }
  return found.size === HEADER_NAMES;
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
