import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import type { Add } from "../delta/actions.ts";
import { type Seen, statisticsOf } from "../delta/statistics.ts";
import type { ColumnValues, TableColumn } from "../parquet/columns.ts";
import { createParquetWriter, ROW_GROUP_ROWS } from "../parquet/write.ts";
import { FIXED, type TableColumns } from "./columns.ts";
import { dateOf, newPath, READINGS } from "./layout.ts";
import { type DayRows, sortedByDay } from "./order.ts";
import { ABSENT_TEXT, type TableRows } from "./row-buffer.ts";

/** A file that is written and not yet in the log. */
export interface NewFile {
  readonly object: ObjectInfo;
  readonly add: Add;
  readonly rows: number;
}

/** Bounds by code points are those of UTF-8; JavaScript's own comparison goes by UTF-16. */
const UTF8 = (a: string, b: string) => Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));

/**
 * Writes the rows of a buffer, a file for each day. Nobody sees them until a commit names them; they are durable only once
 * the store has flushed their keys. `newId` gives a UUID for each.
 */
export async function writeFiles(
  storage: LakeStorage,
  buffer: TableRows,
  columns: TableColumns,
  newId: () => string,
): Promise<NewFile[]> {
  const files: NewFile[] = [];
  for (const rows of sortedByDay(buffer)) files.push(await writeFile(storage, buffer, columns, rows, newId()));
  return files;
}

async function writeFile(
  storage: LakeStorage,
  buffer: TableRows,
  table: TableColumns,
  { day, rows }: DayRows,
  id: string,
): Promise<NewFile> {
  const columns = table.inFiles();
  const path = newPath(day, id);
  const seen: Seen[] = columns.map(() => ({ nulls: 0 }));
  const out = await storage.create(`${READINGS}${path}`);
  try {
    const file = createParquetWriter(out, columns);
    for (let start = 0; start < rows.length; start += ROW_GROUP_ROWS) {
      const group = rows.subarray(start, start + ROW_GROUP_ROWS);
      await file.add(columns.map((_, i) => valuesOf(buffer, i, group, seen[i])));
    }
    await file.finish();
    const object = await out.commit({ ifToken: null, deferred: true });
    const stats = JSON.stringify(statisticsOf(rows.length, columns, seen));
    const [size, modificationTime] = [object.size, Math.trunc(object.modified)];
    const partitionValues = { date: dateOf(day) };
    // The path is of characters that a URI takes as they are.
    return {
      object,
      add: { path, partitionValues, size, modificationTime, dataChange: true, stats },
      rows: rows.length,
    };
  } finally {
    await out.abort();
  }
}

/** The values of a column, by its place in the table, for these rows; what is seen of them is noted. */
function valuesOf(buffer: TableRows, column: number, rows: Uint32Array, seen: Seen): ColumnValues {
  const { name }: Partial<TableColumn> = FIXED[column] ?? {};
  switch (name) {
    case "timestamp":
      return times(buffer.millis, rows, seen);
    case "nanos":
      return Int32Array.from(numbers(buffer.nanos, rows, seen));
    case "value":
      return numbers(buffer.values, rows, seen);
    case "anomaly_score":
      return numbers(buffer.scores, rows, seen);
    case "anomaly":
      return Array.from(rows, (row) => buffer.anomalies[row] === 1);
    case "device_id":
      return texts(buffer.deviceTexts.values, buffer.devices, rows, seen);
    case "unit":
      return texts(buffer.unitTexts.values, buffer.units, rows, seen);
    case "batch":
      return texts(buffer.batchTexts.values, buffer.batches, rows, seen);
    default: {
      const carried = buffer.carried[column - FIXED.length];
      if (carried !== undefined) return texts(carried.texts.values, carried.numbers, rows, seen);
      seen.nulls += rows.length;
      return new Array(rows.length).fill(null);
    }
  }
}

function times(millis: Float64Array, rows: Uint32Array, seen: Seen): BigInt64Array {
  return BigInt64Array.from(numbers(millis, rows, seen), (one) => BigInt(one) * 1000n);
}

function numbers(of: Float64Array | Int32Array, rows: Uint32Array, seen: Seen): Float64Array {
  const values = new Float64Array(rows.length);
  let [min, max] = [Number(seen.min ?? Number.POSITIVE_INFINITY), Number(seen.max ?? Number.NEGATIVE_INFINITY)];
  for (let i = 0; i < rows.length; i++) {
    const value = of[rows[i]];
    values[i] = value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  seen.min = min;
  seen.max = max;
  return values;
}

function texts(values: readonly string[], of: Int32Array, rows: Uint32Array, seen: Seen): (string | null)[] {
  const found = new Uint8Array(values.length);
  const result = new Array<string | null>(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const number = of[rows[i]];
    if (number === ABSENT_TEXT) {
      seen.nulls++;
      result[i] = null;
      continue;
    }
    found[number] = 1;
    result[i] = values[number];
  }
  for (let number = 0; number < found.length; number++) {
    if (found[number] === 1) note(seen, values[number]);
  }
  return result;
}

function note(seen: Seen, text: string): void {
  if (seen.min === undefined || UTF8(text, String(seen.min)) < 0) seen.min = text;
  if (seen.max === undefined || UTF8(text, String(seen.max)) > 0) seen.max = text;
}
