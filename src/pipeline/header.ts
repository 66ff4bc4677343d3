import { quote, VantageflowError } from "../errors.ts";
import { headerFault, REQUIRED } from "./refused-header.ts";
import { fieldText, PLAIN, type Row } from "./row.ts";

/** What a column means to the stages, the unit to rules only. Everything else is carried through. */
const OTHER = 0;
export const TIMESTAMP = 1;
export const DEVICE_ID = 2;
export const VALUE = 3;
export const ANOMALY_SCORE = 4;
export const UNIT = 5;

const ROLES = new Map<string, number>([
  ["timestamp", TIMESTAMP],
  ["device_id", DEVICE_ID],
  ["value", VALUE],
  ["anomaly_score", ANOMALY_SCORE],
  ["unit", UNIT],
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
  const names = namesOf(row, b);
  const fault = headerFault(row, b, names);
  if (fault !== null) {
    const { code, why, column } = fault;
    throw new VantageflowError(code, `Cannot read "${place.key}": line ${place.line}: ${why}`, {
      ...place,
      ...(column === undefined ? {} : { column }),
    });
  }

  const roles = Uint8Array.from(names, (name) => ROLES.get(name) ?? OTHER);
  const columnOf = new Uint32Array(6);
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
