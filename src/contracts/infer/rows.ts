import { fieldText, Row } from "../../pipeline/row.ts";

/** A row of a delimited text, cut as rows are cut later. */
export interface CutRow {
  /** The physical line on which it begins. */
  readonly line: number;
  /** Its first character as it stands there: that of a comment is not in quotes. */
  readonly first: string;
  readonly cells: readonly string[];
}

/** Longer rows and more columns are no rows of a table. */
const MOST_CELLS = 10_000;

/** The first rows of a text, without empty ones; a last one that may go on behind the sample is left out. */
export function cutRows(b: Buffer, delimiter: string, isWhole: boolean, most: number): CutRow[] {
  const row = new Row(delimiter.charCodeAt(0));
  const rows: CutRow[] = [];
  let line = 1;
  for (let p = 0; p < b.length && rows.length < most; p = row.next) {
    if (!row.parse(b, p, b.length, isWhole)) break;
    if (row.fields <= MOST_CELLS && !row.isBlank(b)) rows.push({ line, first: firstOf(b, p), cells: cellsOf(row, b) });
    line += row.lines;
  }
  return rows;
}

function firstOf(b: Buffer, p: number): string {
  return b[p] < 128 ? String.fromCharCode(b[p]) : "";
}

function cellsOf(row: Row, b: Buffer): string[] {
  return Array.from({ length: row.fields }, (_, i) => {
    row.trim(b, i);
    return fieldText(row, b, i);
  });
}
