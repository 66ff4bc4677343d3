/** What a column of a table holds, in the words of the Delta protocol ("Schema Serialization Format", primitive types). */
export type ColumnType = "timestamp" | "integer" | "double" | "string" | "boolean";

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/**
 * The values of one column, one for each row, in the form that its type is written in: `timestamp` microseconds since the
 * epoch, `integer` within 32 bits, no NaN and no -0 among `double`s. Null where a text is not there; the rest always is.
 */
export type ColumnValues = BigInt64Array | Int32Array | Float64Array | readonly (string | null)[] | readonly boolean[];
