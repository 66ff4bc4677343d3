import type { NumberStyle } from "./fields/digits.ts";

/** A piece of what is made: bytes as they are, or the cell of a column. */
export type PlanPart = Uint8Array | number;

/** Rows, or readings of a measure, that count only where a column has one of these texts. */
export interface Keep {
  readonly column: number;
  readonly texts: ReadonlySet<string>;
}

/** The unit of a reading: a {@link PlanPart}, or what the first pattern says that the device's id fits. */
export type UnitPart = PlanPart | { readonly unitOf: (device: string) => Uint8Array | null };

/** One of the readings that each record of the source has. */
export interface MeasurePlan {
  /** What the contract calls it, or the column that has its name; "" where there are no measures. */
  readonly name: string | number;
  /** The column of its value. */
  readonly column: number;
  readonly id: readonly PlanPart[];
  readonly unit: UnitPart;
  readonly keep: Keep | null;
}

/** What becomes of the columns of a source: names are found, nothing is looked up any more. */
export interface ReadingPlan {
  /** Columns whose cells, joined by a blank, are the timestamp. */
  readonly timestamp: readonly number[];
  /** Of which device a record is, as far as its clock is concerned. */
  readonly device: readonly PlanPart[];
  readonly measures: readonly MeasurePlan[];
  /** The measure of a cell that the record itself names, see `Frame.leaves`; null where it is none. */
  readonly measureOf: (leaf: string, column: number) => MeasurePlan | null;
  /** What is put for texts in a device's id; null where nothing is. */
  readonly replace: ((id: string) => string) | null;
  /** The score, or the column that has it. */
  readonly score: PlanPart;
  /** Columns that go along, with their names. */
  readonly carry: readonly { readonly name: Uint8Array; readonly column: number }[];
  readonly keep: Keep | null;
  /** Cells that are no reading. */
  readonly missing: ReadonlySet<string>;
  /** Texts that count as a number: 1, 0. */
  readonly truth: ReadonlyMap<string, Uint8Array>;
  readonly numbers: NumberStyle;
}
