import type { SchemaElement } from "hyparquet";
import type { ColumnType, TableColumn } from "./columns.ts";

/**
 * How each type stands in Parquet. Written out in full: the library guesses types from the first 1,000 values, and readers
 * disagree on a time without its logical type (DuckDB takes it for wall clock, arrow-rs for UTC).
 */
const ELEMENTS: Readonly<Record<ColumnType, Omit<SchemaElement, "name">>> = {
  timestamp: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  integer: { type: "INT32" },
  double: { type: "DOUBLE" },
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  boolean: { type: "BOOLEAN" },
};

/** The schema of a file. All columns may be null: Spark shows the neighbour's value for a null in one that may not. */
export function parquetSchemaOf(columns: readonly TableColumn[]): SchemaElement[] {
  const elements = columns.map(
    ({ name, type }): SchemaElement => ({ name, repetition_type: "OPTIONAL", ...ELEMENTS[type] }),
  );
  return [{ name: "schema", num_children: columns.length }, ...elements];
}
