import { quote, VantageflowError } from "../errors.ts";
import { fileEmpty, headerMissing } from "../pipeline/refused-row.ts";
import { SEPARATORS, separatorOf } from "../pipeline/separators.ts";
import type { Pull, SourceObject } from "../pipeline/source.ts";
import { DelimitedMaker } from "./delimited-maker.ts";
import { createClock } from "./fields/clock.ts";
import { DelimitedFrame } from "./frames/delimited.ts";
import { keyPart } from "./key-part.ts";
import type { MadeRows } from "./made-rows.ts";
import { nearest } from "./nearest.ts";
import type { OpenOptions } from "./open-options.ts";
import type { ReadingPlan } from "./plan.ts";
import { planReading, type SourceColumns } from "./plan-reading.ts";
import type { CsvFormat } from "./vocabulary.ts";

/** Opens the frame and the maker of a delimited text. */
export function openDelimited(object: SourceObject, pull: Pull, options: OpenOptions) {
  const { contract, zones, maxRowBytes } = options;
  const format = contract.format as CsvFormat;
  const { timestamp } = contract.reading;
  if (timestamp === undefined) throw new Error("a contract of CSV has a timestamp");
  const { cells } = format;
  const dialect = {
    delimiter: format.delimiter.charCodeAt(0),
    quote: format.quoteChar === "" ? -1 : format.quoteChar.charCodeAt(0),
    headerRows: format.headerRows,
    unitsRow: format.unitsRow ?? 0,
    commentRows: format.commentRows,
    commentChar: format.commentChar === "" ? 0 : format.commentChar.charCodeAt(0),
    cellRows: Object.values(cells).map(({ row }) => row),
  };
  const frame = new DelimitedFrame(object.key, pull, dialect, maxRowBytes);
  const maker = (made: MadeRows) =>
    new DelimitedMaker({
      ...{ key: object.key, frame, made, again: format.again, names: format.header ? null : (format.names ?? []) },
      clock: (deviceOf) => createClock(timestamp, zones, deviceOf),
      plan: (names) => planColumns(object.key, frame, names, options),
      timestampColumn: "columns" in timestamp ? timestamp.columns[0] : timestamp.column,
    });
  return { frame, maker };
}

/** Throws `empty`, `columns_missing`, `columns_duplicate` and `header_invalid`. */
function planColumns(
  key: string,
  frame: DelimitedFrame,
  names: readonly string[],
  { contract }: OpenOptions,
): ReadingPlan {
  if (names.length === 0) throw frame.isEmptyFile ? fileEmpty(key) : headerMissing(key);
  const missing: string[] = [];
  const twice: string[] = [];
  const withoutUnit: string[] = [];
  const { cells } = contract.format as CsvFormat;
  const firsts = new Map<string, number>();
  const again = new Set<string>();
  for (const [column, name] of names.entries()) {
    if (firsts.has(name)) again.add(name);
    else firsts.set(name, column);
  }
  const columns: SourceColumns = {
    names,
    member: null,
    find(name) {
      const column = firsts.get(name);
      if (column === undefined) missing.push(name);
      else if (again.has(name)) twice.push(name);
      return column ?? 0;
    },
    unitOf: (column) => frame.units[column] ?? "",
    named: (name) =>
      Object.hasOwn(cells, name) ? cellOf(frame, key, name, cells[name]) : keyPart(key, contract, name),
    withoutUnit: (name) => void withoutUnit.push(name),
  };
  const plan = planReading(contract, columns);
  const line = Math.max(1, ...frame.headerRows);
  const refuse = (code: "columns_missing" | "columns_duplicate" | "header_invalid", why: string, column: string) => {
    const show = `See the contract: vantageflow contract show ${contract.name}`;
    const message = `Cannot read "${key}": line ${line}: ${why}. ${show}`;
    return new VantageflowError(code, message, { key, line, column: column.slice(0, 80) });
  };
  if (missing.length > 0) {
    const why = otherDelimiter(names, contract.format as CsvFormat) ?? missingText([...new Set(missing)], names);
    throw refuse("columns_missing", why, missing[0]);
  }
  if (twice.length > 0)
    throw refuse("columns_duplicate", `column ${quote(twice[0])} is there twice: rename or remove one`, twice[0]);
  if (withoutUnit.length > 0)
    throw refuse("header_invalid", `column ${quote(withoutUnit[0])} does not say its unit as stated`, withoutUnit[0]);
  if (plan.measures.length === 0)
    throw refuse("columns_missing", `no column is a measure by the pattern; there are ${list(names)}`, "");
  return plan;
}

/** The columns of a header are parted by something else than the contract says; null where nothing tells that: names may have it. */
function otherDelimiter(names: readonly string[], { delimiter }: CsvFormat): string | null {
  if (names.length > 1) return null;
  const other = separatorOf(names.join(delimiter), delimiter);
  if (other === null) return null;
  return `its columns are separated by ${SEPARATORS.get(other)}, and the contract's delimiter is ${quote(delimiter)}`;
}

function missingText(missing: readonly string[], names: readonly string[]): string {
  const known = names.slice(0, COMPARED);
  const meant = missing.slice(0, NAMED).flatMap((name) => nearest(name, known) ?? []);
  const what = missing.length === 1 ? `column ${quote(missing[0])} is missing` : `columns ${list(missing)} are missing`;
  return meant.length > 0 ? `${what}; there is ${list([...new Set(meant)])}` : `${what}; there are ${list(names)}`;
}

const NAMED = 12;
/** Among so many columns it is looked for what was meant: each is compared letter by letter. */
const COMPARED = 4096;

function list(names: readonly string[]): string {
  const shown = names.filter((name) => name !== "");
  const rest = shown.length - NAMED;
  return `${shown.slice(0, NAMED).map(quote).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Throws `header_invalid` where there is no such cell. */
function cellOf(
  frame: DelimitedFrame,
  key: string,
  name: string,
  { row, field }: { row: number; field: number },
): string {
  const found = frame.front.get(row)?.[field - 1];
  if (found !== undefined && found !== "") return found;
  const why = `line ${row}: it has no field ${field}, which the contract calls ${quote(name)}`;
  throw new VantageflowError("header_invalid", `Cannot read "${key}": ${why}. Mend the file or the contract.`, {
    key,
    line: row,
  });
}
