import { parsePath } from "./path.ts";
import type { Contract, Reading, SourceFormat } from "./vocabulary.ts";

type Value = NonNullable<Reading["value"]>;
type Unit = NonNullable<Reading["unit"]>;

/**
 * What the measure in a column is called, unless `as` says it: in JSON by the last name of its path; where the header
 * tells the unit by what stands in front of it; else as the column.
 */
export function measureName(column: string, format: SourceFormat, unit: Unit | undefined): string {
  if (format.type === "json" || format.type === "ndjson") {
    const last = parsePath(column)?.steps.at(-1);
    return typeof last === "string" ? last : column;
  }
  if (unit === undefined || !("from" in unit) || unit.from !== "header" || unit.after === undefined) return column;
  const end = column.indexOf(unit.after);
  return end > 0 ? column.slice(0, end) : column;
}

/** The measures that a contract names, by column; null where it names none, for there is one value or a pattern. */
export function measuresOf({
  format,
  reading,
}: Pick<Contract, "format" | "reading">): ReadonlyMap<string, string> | null {
  const { value, unit } = reading;
  if (value === undefined || !("measures" in value)) return null;
  const names = Object.entries(value.measures).map(([column, { as }]) => [
    column,
    as ?? measureName(column, format, unit),
  ]);
  return new Map(names as [string, string][]);
}

/** Whether a row, a document or a point can have readings of several measures. */
export function hasMeasures(format: SourceFormat, value: Value | undefined): boolean {
  if (value !== undefined && !("column" in value)) return true;
  return (format.type === "json" || format.type === "ndjson") && recordsAreMeasures(format.records);
}

/** Whether each member at the records' path is a measure. */
export function recordsAreMeasures(records: string | undefined): boolean {
  return records !== undefined && (parsePath(records)?.steps.includes(null) ?? false);
}
