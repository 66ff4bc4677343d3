import { PARTITION } from "../tables/days/day.ts";
import type { Field } from "../tables/delta/schema.ts";
import { DAY_MS } from "../time.ts";
import { identifier, literal } from "./session.ts";
import type { ListedFile } from "./table-files.ts";

/** What the types of the log's schema are in SQL; columns of other types, which only another program can have made, are left out. */
const TYPES: Readonly<Record<string, string>> = {
  string: "VARCHAR",
  double: "DOUBLE",
  float: "FLOAT",
  long: "BIGINT",
  integer: "INTEGER",
  short: "SMALLINT",
  byte: "TINYINT",
  boolean: "BOOLEAN",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
};

/** A file of the table, and where it can be read. */
export interface ReadableFile {
  readonly file: ListedFile;
  /** A path of this machine. */
  readonly path: string;
}

/**
 * The SQL of a view over files of the table. Types are those of the log's schema, whatever a file says of itself; a column that
 * a file does not have is null in it. The day is the log's: it is computed from the time where the log's bounds of the file show that
 * this gives the same, which saves a read for each day, and stands in the view otherwise.
 */
export function readingsView(name: string, fields: readonly Field[], files: readonly ReadableFile[]): string {
  const columns = fields.flatMap(({ name: column, type }) => {
    const known = typeof type === "string" ? (TYPES[type] ?? decimal(type)) : undefined;
    return known === undefined ? [] : [{ column, type: known }];
  });
  const inFiles = columns.filter(({ column }) => column !== PARTITION);
  const select = (date: string, from: string) => {
    const names = columns.map(({ column }) =>
      column === PARTITION ? `${date} as ${identifier(column)}` : identifier(column),
    );
    return `select ${names.join(", ")} from ${from}`;
  };
  const [plain, others] = [[] as string[], new Map<string | null, string[]>()];
  for (const { file, path } of files) {
    if (isDayOfTimes(file)) plain.push(path);
    else others.set(file.date, [...(others.get(file.date) ?? []), path]);
  }
  const arms = [
    ...(plain.length === 0 ? [] : [select(DAY_OF_TIME, parquet(inFiles, plain))]),
    ...[...others].map(([date, paths]) => select(dateText(date), parquet(inFiles, paths))),
  ];
  const none = columns.map(({ column, type }) => `null::${type} as ${identifier(column)}`).join(", ");
  return `create view ${identifier(name)} as ${arms.length === 0 ? `select ${none} where false` : arms.join(" union all ")}`;
}

/** Without the zone: a cast of an instant asks the calendar of the zone for each row. */
const DAY_OF_TIME = "make_timestamp(epoch_us(timestamp))::date";

function isDayOfTimes({ date, times }: ListedFile): boolean {
  if (date === null || times === null) return false;
  const start = Date.parse(`${date}T00:00:00Z`);
  // The upper bound is a millisecond above the last time.
  return times[0] >= start && times[1] <= start + DAY_MS;
}

function dateText(date: string | null): string {
  return date === null ? "null::date" : `date ${literal(date)}`;
}

function decimal(type: string): string | undefined {
  return /^decimal\(\d+,\s*\d+\)$/.test(type) ? type.toUpperCase() : undefined;
}

function parquet(
  columns: readonly { readonly column: string; readonly type: string }[],
  paths: readonly string[],
): string {
  const schema = columns.map(
    ({ column, type }) => `${literal(column)}: {name: ${literal(column)}, type: ${literal(type)}, default_value: null}`,
  );
  const files = paths.map(literal).join(", ");
  return `read_parquet([${files}], schema = map {${schema.join(", ")}}, hive_partitioning = false)`;
}
