import type { Clock } from "./clock.ts";
import type { NumberStyle } from "./digits.ts";

/** A piece of a device's id: bytes as they are, or the cell of a column. */
export type IdPart = Uint8Array | number;

/** One of the readings that each row of the source has. */
export interface MeasureColumn {
  /** The column of its value. */
  readonly column: number;
  readonly id: readonly IdPart[];
  /** Its unit, or the column that has it. */
  readonly unit: Uint8Array | number;
}

/** What becomes of the columns of a source: names are found, nothing is looked up any more. */
export interface ColumnPlan {
  readonly columns: number;
  /** Columns whose cells, joined by a blank, are the timestamp. */
  readonly timestamp: readonly number[];
  readonly measures: readonly MeasureColumn[];
  /** The score, or the column that has it. */
  readonly score: Uint8Array | number;
  /** Columns that go along, with their names. */
  readonly carry: readonly { readonly name: Uint8Array; readonly column: number }[];
  /** Rows are readings only where this column has one of these texts; null where all are. */
  readonly keep: { readonly column: number; readonly texts: ReadonlySet<string> } | null;
  /** Cells that are no reading: their bytes, a character each. */
  readonly missing: ReadonlySet<string>;
  readonly numbers: NumberStyle;
}

/** Writes the timestamps of a source, see `Clock`. */
export type WriteTime = Clock["write"];
