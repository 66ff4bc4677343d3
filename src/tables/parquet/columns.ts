/** What a column of a table holds, in the words of the Delta protocol ("Schema Serialization Format", primitive types). */
export type ColumnType = "timestamp" | "integer" | "double" | "string" | "boolean";

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** The texts of a column: each once, in the order in which they first came, and of each row the number of its text, or {@link NULL_TEXT}. */
export interface TextValues {
  readonly texts: readonly string[];
  readonly numbers: Int32Array;
}

/** The number of a text that is not there: null. */
export const NULL_TEXT = -1;

/**
 * The values of one column, one for each row, by its type: `timestamp` (BigInt64Array) microseconds since the epoch, `integer`
 * (Int32Array), `double` (Float64Array) without NaN and -0, `boolean` (Uint8Array) 0 or 1, and texts. Only a text may be null.
 */
export type ColumnValues = BigInt64Array | Float64Array | Int32Array | Uint8Array | TextValues;
