/** What a value is asked for: for nothing; it is the record's time, what stands in its device's id, or a measure's value. See `kernel/json/layout.ts`. */
export const SKIPPED = 0;
export const TIME = 1;
export const ID = 2;
export const MEASURED = 3;

/** A value of the records that are expected, and the bytes in front of it. */
interface ExpectedValue {
  readonly before: Uint8Array;
  readonly role: number;
}

interface ExpectedMeasure {
  /** The number of its value; -1 where records have none. */
  readonly value: number;
  /** In each row, what stands in front of the value, and behind it. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Records of one kind that a kernel is to take, and the rows it is to make of them. */
export interface Expected {
  readonly values: readonly ExpectedValue[];
  /** Behind all values. */
  readonly close: Uint8Array;
  readonly measures: readonly ExpectedMeasure[];
  /** What stands in each row between the time and the id's part that the record tells. */
  readonly between: Uint8Array;
}
