import { type InferredDialect, isLikeData } from "./dialect.ts";
import { isLikeNumber } from "./numbers.ts";
import type { CutRow } from "./rows.ts";
import { isUnitsRow, unitInName } from "./units.ts";
import { timeScore } from "./words.ts";

/** Which lines above the data say what, in the words of `format`; lines above the header need no word. */
export interface InferredHeader {
  /** The columns' names; null where the file has none. */
  readonly names: readonly string[] | null;
  readonly headerRows: readonly number[];
  readonly unitsRow: number | null;
  readonly units: readonly string[];
  /** Lines below the header that are neither comments by their sign nor data. */
  readonly commentRows: readonly number[];
  /** The sign of comments, where there is one that is not the header's. */
  readonly commentChar: string;
  /** A cell above the rows that names the station: its line and field. */
  readonly station: { readonly row: number; readonly field: number } | null;
}

/** Finds the header among the rows above the data. */
export function headerOf({ above, width, commentChar, data }: InferredDialect, unsure: string[]): InferredHeader {
  const [first] = above;
  const campbell = first === undefined ? null : campbellHeader(first, above);
  if (campbell !== null) return campbell;
  const plain = above.filter((row) => commentChar === "" || row.first !== commentChar);
  const near = contiguous(plain, width);
  if (near.length > 0) {
    const found = headerAmong(belowTitles(near, data), unsure);
    tellTitles(found, plain, width, unsure);
    return { ...found, commentChar };
  }
  const last = above.at(-1);
  if (last !== undefined && plain.length === 0 && last.cells.length === width && isOfNames(last)) {
    const others = above.slice(0, -1).concat(data.filter((row) => row.first === commentChar));
    const below = others.filter(({ line }) => line > last.line);
    return { ...only(last), commentChar: below.length > 0 ? commentChar : "" };
  }
  const uneven = plain.at(-1);
  if (
    uneven !== undefined &&
    uneven.cells.length > 1 &&
    isOfNames(uneven) &&
    new Set(uneven.cells).size === uneven.cells.length
  ) {
    unsure.push(
      `Line ${uneven.line}, the header, has ${uneven.cells.length} cells, and most rows have ${width}: they are rejected, for nobody knows which name is of which. Repair the header, or give "header": false and "names".`,
    );
    return { ...only(uneven), commentChar };
  }
  const none = { names: null, headerRows: [], unitsRow: null, units: [], station: null };
  return { ...none, commentRows: plain.map(({ line }) => line), commentChar };
}

/** Campbell's TOA5 has four lines, and TOACI1 two; the station is the second cell of the first. */
function campbellHeader({ cells: [kind], line }: CutRow, above: readonly CutRow[]): InferredHeader | null {
  const [, names, units, processing] = above;
  if (kind === "TOACI1" && names !== undefined && above.length >= 2) {
    return { ...only(names), station: { row: line, field: 2 } };
  }
  if (kind !== "TOA5" || processing === undefined) return null;
  return {
    ...{ ...only(names), unitsRow: units.line, units: units.cells },
    ...{ commentRows: above.slice(3).map((row) => row.line), station: { row: line, field: 2 } },
  };
}

function only({ cells, line }: CutRow): InferredHeader {
  const none = { unitsRow: null, units: [], commentRows: [], commentChar: "", station: null };
  return { ...none, names: cells, headerRows: [line] };
}

/** The last rows above the data that have as many cells, upwards to the first that has not. */
function contiguous(rows: readonly CutRow[], width: number): CutRow[] {
  let from = rows.length;
  while (from > 0 && rows.length - from < 5 && rows[from - 1].cells.length === width) from--;
  return rows.slice(from).filter(({ cells }) => cells.some((cell) => cell !== ""));
}

/**
 * The lines without those above the header that are titles: of fewer names than the last line that names every column, or
 * with numbers and times in them.
 */
function belowTitles(near: readonly CutRow[], data: readonly CutRow[]): readonly CutRow[] {
  const used = near[0].cells.flatMap((_, i) => (data.some(({ cells }) => (cells[i] ?? "") !== "") ? [i] : []));
  const told = ({ cells }: CutRow) => used.filter((i) => cells[i] !== "");
  const isFull = (row: CutRow) => {
    const names = told(row).map((i) => row.cells[i]);
    const isNamed = names.length >= Math.max(2, used.length * FULL) && new Set(names).size === names.length;
    return isNamed && !names.some(isLikeData);
  };
  const last = near.findLastIndex((row) => isFull(row) && !isUnitsRow(row.cells));
  if (last < 1) return near;
  const above = near.slice(0, last);
  const isTitle = (row: CutRow) => told(row).length < told(near[last]).length || row.cells.some(isLikeData);
  const from = above.findLastIndex(isTitle) + 1;
  return near.slice(from);
}

/** The share of the columns that a header has names for. */
const FULL = 0.75;

/** Lines as long as the rows could be the header as well. */
function tellTitles({ headerRows }: InferredHeader, plain: readonly CutRow[], width: number, unsure: string[]): void {
  const above = plain.filter(({ line, cells }) => line < headerRows[0] && cells.length === width);
  if (above.length === 0) return;
  const titles =
    above.length === 1
      ? `line ${above[0].line} for a title`
      : `lines ${above[0].line} to ${headerRows[0] - 1} for titles`;
  unsure.push(`Line ${headerRows.join(" and ")} is taken for the header, and ${titles}. Look at format.headerRows.`);
}

function isOfNames({ cells }: CutRow): boolean {
  const told = cells.filter((cell) => cell !== "");
  return told.length > 0 && told.filter((cell) => !isLikeNumber(cell)).length * 2 > told.length;
}

/** Of several lines: a line of units below the names, a title above them, or names on two lines. */
function headerAmong(near: readonly CutRow[], unsure: string[]): InferredHeader {
  const isUnits = near.map((row, i) => i > 0 && isUnitsRow(row.cells));
  const units = isUnits.indexOf(true);
  const names = units > 0 ? near.slice(0, units) : near.filter(isOfNames);
  if (names.length === 0) return { ...only(near[near.length - 1]) };
  const header = groupedNames(names) ?? [names[units > 0 ? names.length - 1 : indexOfBest(names)]];
  const last = header[header.length - 1];
  const below = near.filter(({ line }, i) => line > last.line && i !== units);
  if (below.length > 0) {
    unsure.push(
      `Line ${below.map(({ line }) => line).join(", ")} below the header is taken for no row of data. Look at format.commentRows.`,
    );
  }
  return {
    names: joinedNames(header),
    headerRows: header.map(({ line }) => line),
    unitsRow: units > 0 ? near[units].line : null,
    units: units > 0 ? near[units].cells.map((cell) => cell.trim()) : [],
    commentRows: below.map(({ line }) => line),
    ...{ commentChar: "", station: null },
  };
}

/** The line with the most different names; of those the last that names a time or has units in brackets, else the first. */
function indexOfBest(rows: readonly CutRow[]): number {
  const counts = rows.map(({ cells }) => new Set(cells.filter((cell) => cell !== "")).size);
  const most = Math.max(...counts);
  const isTold = ({ cells }: CutRow) => cells.some((cell) => timeScore(cell) > 0 || unitInName(cell) !== null);
  const told = rows.findLastIndex((row, i) => counts[i] === most && isTold(row));
  return told < 0 ? counts.indexOf(most) : told;
}

/** Two lines of which only both together tell the columns apart: groups above, names below. */
function groupedNames(rows: readonly CutRow[]): readonly CutRow[] | null {
  if (rows.length < 2) return null;
  const pair = rows.slice(-2);
  const distinct = (names: readonly string[]) => new Set(names.filter((name) => name !== "")).size;
  const best = Math.max(...pair.map(({ cells }) => distinct(cells)));
  return distinct(joinedNames(pair)) > best ? pair : null;
}

function joinedNames(rows: readonly CutRow[]): string[] {
  const [first] = rows;
  return first.cells.map((_, i) =>
    rows
      .map(({ cells }) => cells[i] ?? "")
      .filter((cell) => cell !== "")
      .join(" "),
  );
}
