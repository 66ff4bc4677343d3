import { isLikeNumber } from "./numbers.ts";
import { type CutRow, cutRows } from "./rows.ts";
import { isMissingWord } from "./words.ts";

/** How a delimited text is cut, and which of its rows are what. */
export interface InferredDialect {
  readonly delimiter: string;
  readonly commentChar: string;
  /** Cells of most rows. */
  readonly width: number;
  /** Rows above the data, comments among them, in order. */
  readonly above: readonly CutRow[];
  readonly data: readonly CutRow[];
}

/** The usual first: of those that cut a text as well, the first is taken. */
const DELIMITERS = [",", ";", "\t", "|", " "];
const COMMENTS = "#%!";
const FRONT_ROWS = 300;
const FRONT_BYTES = 128 * 1024;
const MOST_ROWS = 20_000;
const MOST_ABOVE = 200;

/** A cell that is a time or date at a glance. */
const DATE = String.raw`(?:\p{L}{2,4}[.,]* )?(?:\d{1,4}[-/. ](?:\d{1,2}|\p{L}{3,9})[-/. ,]{1,2}\d{1,4}|\p{L}{3,9} \d{1,2},? \d{4})`;
const HOUR = String.raw`\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:[:.,]\d{1,9})?(?: ?[AaPp][Mm])?(?: ?[Zz]| ?[+-]\d\d:?\d{0,2}| \p{Lu}{2,5})?`;
const LIKE_DATE = new RegExp(`^${DATE}(?:[ T,_]{1,3}${HOUR})?$`, "u");
const LIKE_HOUR = /^\d{1,2}(?::\d\d(?::\d\d(?:[.,]\d{1,9})?)?|\.\d\d\.\d\d)(?: ?[AaPp][Mm])?$/;
const isLikeTime = (cell: string) =>
  cell.length >= 4 && cell.length <= 48 && /\d/.test(cell) && (LIKE_DATE.test(cell) || LIKE_HOUR.test(cell));

/** Whether a cell is a number, time or date at a glance. */
export const isLikeData = (cell: string) => isLikeNumber(cell) || isLikeTime(cell);

/** Cuts a text; null for one that no delimiter parts into columns. */
export function dialectOf(b: Buffer, isWhole: boolean): InferredDialect | null {
  const stated = /^\ufeff?"?sep=([\t !#-/:-@[-`{-~])"?\r?\n/.exec(b.toString("latin1", 0, 16))?.[1];
  const front = b.subarray(0, FRONT_BYTES);
  const isFrontWhole = isWhole && front.length === b.length;
  const delimiter = stated ?? bestDelimiter(front, isFrontWhole);
  if (delimiter === null) return null;
  const rows = cutRows(b, delimiter, isWhole, MOST_ROWS);
  const marked = commentIn(rows, delimiter);
  const width = widthOf(rows.filter(({ first }) => first !== marked));
  if (width < 2) return null;
  const start = firstData(rows, width, marked);
  return {
    ...{ delimiter, width, commentChar: marked, above: rows.slice(0, start) },
    data: rows.slice(start).filter(({ first }) => first !== marked || marked === ""),
  };
}

function bestDelimiter(front: Buffer, isWhole: boolean): string | null {
  let [best, most] = [null as string | null, 0];
  for (const delimiter of DELIMITERS) {
    const score = scoreOf(cutRows(front, delimiter, isWhole, FRONT_ROWS));
    if (score > most * 1.02) [best, most] = [delimiter, score];
  }
  return best;
}

/** How even rows are, and how many of their cells are of data. */
function scoreOf(rows: readonly CutRow[]): number {
  const width = widthOf(rows);
  if (width < 2) return 0;
  const even = rows.filter(({ cells }) => cells.length === width);
  let [told, data] = [0, 0];
  for (const { cells } of even) {
    for (const cell of cells) {
      if (cell === "") continue;
      told++;
      if (isLikeData(cell)) data++;
    }
  }
  return (even.length / rows.length) * ((data + 0.05 * told) / Math.max(1, told));
}

/** The number of cells that most rows have, rows of one cell aside where there are others. */
function widthOf(rows: readonly CutRow[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  let [width, most] = [0, 0];
  for (const [cells, count] of counts) {
    const weight = cells < 2 ? count / 4 : count;
    if (weight > most || (weight === most && cells > width)) [width, most] = [cells, weight];
  }
  return width;
}

/** What comments begin with: a sign in front of some rows that no row of data begins with. */
function commentIn(rows: readonly CutRow[], delimiter: string): string {
  for (const { first, cells } of rows.slice(0, 100)) {
    if (first === delimiter || first === "" || !COMMENTS.includes(first)) continue;
    // A column may be called #, as loggers call the number of a row.
    const isNamed = cells[0] === first && cells.length > 1 && delimiter !== " ";
    if (!isNamed && rows.filter((row) => row.first === first).length < rows.length / 2 + 2) return first;
  }
  return "";
}

/** The index of the first row that is like those of the rest of the file; of all rows where none is. */
function firstData(rows: readonly CutRow[], width: number, commentChar: string): number {
  const able = rows.filter(
    ({ cells, first }) => cells.length === width && (commentChar === "" || first !== commentChar),
  );
  const later = able.slice(Math.min(Math.floor(able.length / 3), 100));
  const share = (column: number, is: (cell: string) => boolean) => {
    const told = later.filter(({ cells }) => cells[column] !== "");
    return told.filter(({ cells }) => is(cells[column])).length >= Math.max(1, told.length / 2);
  };
  const columns = Array.from({ length: width }, (_, column) => column);
  const likeTime = columns.filter((column) => share(column, isLikeTime));
  const likeData = columns.filter((column) => share(column, isLikeData));
  const isData = ({ cells }: CutRow) => {
    if (likeTime.length > 0) return likeTime.some((column) => isLikeTime(cells[column]));
    const told = likeData.filter((column) => cells[column] !== "" && !isMissingWord(cells[column]));
    return told.length > 0 && told.filter((column) => isLikeData(cells[column])).length * 2 >= told.length;
  };
  const first = able.slice(0, MOST_ABOVE).findIndex(isData);
  if (first < 0) return rows.length;
  const below = rows[0].cells[0] === "#datatype" ? first : belowTitles(able, first, likeData, isData);
  return rows.indexOf(able[below]);
}

/** So few rows of data are none where a header and so many times as many follow. */
const FEW_ROWS = 3;
const FEW_TIMES = 10;
/** Lines between a header and its rows: units, and what else loggers write there. */
const MOST_BETWEEN = 4;

/**
 * The first row below the last line of names, where what stands above that line is like data only here and there: lines
 * of titles that were filled up with delimiters, some with a time in them.
 */
function belowTitles(
  able: readonly CutRow[],
  first: number,
  likeData: readonly number[],
  isData: (row: CutRow) => boolean,
): number {
  const isText = (cell: string) => cell !== "" && !isLikeData(cell) && !isMissingWord(cell);
  const isNames = ({ cells }: CutRow) => likeData.length > 1 && likeData.every((column) => isText(cells[column]));
  const isUnlike = ({ cells }: CutRow) =>
    likeData.some((column) => isText(cells[column])) ||
    likeData.filter((column) => cells[column] === "").length * 3 >= likeData.length;
  const seen = new Set(able.slice(0, first).map(({ cells }) => JSON.stringify(cells)));
  let found = first;
  for (const [i, row] of able.slice(0, MOST_ABOVE).entries()) {
    if (i <= first || !isNames(row) || seen.size === seen.add(JSON.stringify(row.cells)).size) continue;
    const titles = able.slice(first, i).filter((one) => !isUnlike(one) && !isNames(one)).length;
    const behind = able.length - i - 1;
    if (titles > (behind >= FEW_TIMES * titles ? FEW_ROWS : 0) || behind < i - first) continue;
    const next = able.slice(i + 1, i + 2 + MOST_BETWEEN).findIndex(isData);
    if (next >= 0) found = i + 1 + next;
  }
  return found;
}
