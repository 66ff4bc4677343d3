import { type Columns, columnName, comparable } from "./columns.ts";
import { cellsOf, textOf, type WrittenRow } from "./rows.ts";

/** Two values of one cell; null where the row has no such cell. */
export interface CellDifference {
  /** The row's first physical line on each side. */
  readonly line: number;
  readonly lineB: number;
  readonly column: string;
  readonly a: string | null;
  readonly b: string | null;
  /** Gold: whose row it is, and B less A where both are numbers. */
  readonly deviceId?: string;
  readonly difference?: number | null;
}

/** A row that is on one side only. */
interface LoneRow {
  readonly side: "a" | "b";
  readonly line: number;
  readonly text: string;
}

interface RowCounts {
  readonly same: number;
  /** The same values in other bytes: quotes. */
  readonly rewritten: number;
  readonly changed: number;
  readonly onlyInA: number;
  readonly onlyInB: number;
}

/** What two CSV objects differ in. */
export interface CsvDifference {
  readonly columns: Columns;
  readonly rows: RowCounts;
  readonly cells: readonly CellDifference[];
  readonly lines: readonly LoneRow[];
  /** Cells and rows that differ beyond those told. */
  readonly more: number;
}

/** Longer values and rows are cut: a cell may be a megabyte. */
const SHOWN_CHARACTERS = 1000;

/** Gathers what differs: the first `limit` cells and lone rows are kept, the rest is counted. */
export function createFindings(columns: Columns, limit: number) {
  const rows = { same: 0, rewritten: 0, changed: 0, onlyInA: 0, onlyInB: 0 };
  const cells: CellDifference[] = [];
  const lines: LoneRow[] = [];
  let more = 0;
  const isFull = () => cells.length + lines.length >= limit;

  return {
    same(): void {
      rows.same++;
    },
    only(side: "a" | "b", row: WrittenRow): void {
      if (side === "a") rows.onlyInA++;
      else rows.onlyInB++;
      if (isFull()) more++;
      else lines.push({ side, line: row.line, text: shown(textOf(row)) });
    },
    /** `deviceId` for rows of gold. */
    changed(rowA: WrittenRow, rowB: WrittenRow, deviceId?: string): void {
      const a = comparable(columns, "a", cellsOf(rowA));
      const b = comparable(columns, "b", cellsOf(rowB));
      let differing = 0;
      for (let i = 0; i < Math.max(a.length, b.length); i++) {
        const values = { a: a[i] ?? null, b: b[i] ?? null };
        if (values.a === values.b) continue;
        differing++;
        if (isFull()) {
          more++;
          continue;
        }
        const gold = deviceId === undefined ? {} : { deviceId, difference: differenceOf(values.a, values.b) };
        const place = { line: rowA.line, lineB: rowB.line, column: columnName(columns, i) };
        cells.push({ ...place, a: shown(values.a), b: shown(values.b), ...gold });
      }
      if (differing > 0) rows.changed++;
      else rows.rewritten++;
    },
    result(): CsvDifference {
      return { columns, rows, cells, lines, more };
    },
  };
}

function differenceOf(a: string | null, b: string | null): number | null {
  if (a === null || b === null || a.trim() === "" || b.trim() === "") return null;
  const difference = Number(b) - Number(a);
  return Number.isFinite(difference) ? difference : null;
}

function shown<T extends string | null>(text: T): T | string {
  return text !== null && text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
