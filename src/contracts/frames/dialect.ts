/** How rows and fields are told apart, and which lines are no data (Frictionless, "Table Dialect"). */
export interface Dialect {
  /** One byte. */
  readonly delimiter: number;
  /** One byte; -1 where cells stand in no quotes. */
  readonly quote: number;
  /** Physical lines, 1-based, on which header rows begin; empty where there is none. */
  readonly headerRows: readonly number[];
  /** The line whose cells are the units of the columns; 0 where there is none. */
  readonly unitsRow: number;
  /** Lines that say nothing, as those above the last of the header that are none of it. */
  readonly commentRows: readonly number[];
  /** A row that begins with it says nothing; 0 where there is no such sign. */
  readonly commentChar: number;
  /** Lines of which single cells are asked for. */
  readonly cellRows: readonly number[];
}
