import { compareKeys } from "../../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import type { Add } from "../delta/actions.ts";
import { type Seen, statisticsOf } from "../delta/statistics.ts";
import type { ValueBounds } from "../parquet/bounds.ts";
import type { TableColumn } from "../parquet/columns.ts";
import type { EncodedRowGroup } from "../parquet/encode.ts";
import { createParquetWriter } from "../parquet/write.ts";
import { dateOf, millisOf, newPath, PARTITION } from "./day.ts";

/** A file that is written and not yet in the log. */
export interface NewFile {
  readonly object: ObjectInfo;
  readonly add: Add;
  readonly rows: number;
}

/** A file of a day while it is written. Nobody sees it until a commit names it; durable once the store has flushed its key. */
export interface DayFile {
  add(group: EncodedRowGroup): Promise<void>;
  finish(): Promise<NewFile>;
  /** Throws away what was written. Harmless after {@link finish}. */
  abort(): Promise<void>;
}

/** What is to be known of a file before its first row. */
export interface DayFileOptions {
  /** The table's prefix. */
  readonly table: string;
  readonly columns: readonly TableColumn[];
  /** Days since the epoch, see `day.ts`. */
  readonly day: number;
  /** A UUID. */
  readonly id: string;
  /** Whether its rows were not in the table before: true unless told. */
  readonly dataChange?: boolean;
}

/** Begins a file under a new name. */
export async function createDayFile(
  storage: LakeStorage,
  { table, columns, day, id, dataChange = true }: DayFileOptions,
): Promise<DayFile> {
  const path = newPath(day, id);
  const seen: Seen[] = columns.map(() => ({ nulls: 0 }));
  const out = await storage.create(`${table}${path}`);
  const file = createParquetWriter(out, columns);
  let rows = 0;
  return {
    async add(group) {
      rows += group.rows;
      for (const [i, { type }] of columns.entries()) note(seen[i], type, group.chunks[i]);
      await file.add(group);
    },
    async finish() {
      await file.finish();
      const object = await out.commit({ ifToken: null, deferred: true });
      const stats = JSON.stringify(statisticsOf(rows, columns, seen));
      const [size, modificationTime] = [object.size, Math.trunc(object.modified)];
      const partitionValues = { [PARTITION]: dateOf(day) };
      // The path is of characters that a URI takes as they are.
      return { object, add: { path, partitionValues, size, modificationTime, dataChange, stats }, rows };
    },
    abort: () => out.abort(),
  };
}

/** Booleans have no bounds in the log, and times there are whole milliseconds: microseconds that another program wrote lie between. */
function note(
  seen: Seen,
  type: TableColumn["type"],
  { nulls, min, max }: ValueBounds & { readonly nulls: number },
): void {
  seen.nulls += nulls;
  if (type === "boolean" || min === undefined || max === undefined) return;
  const low = typeof min === "bigint" ? millisOf(min) : min;
  const high = typeof max === "bigint" ? millisOf(max + 999n) : max;
  if (seen.min === undefined || compare(low, seen.min) < 0) seen.min = low;
  if (seen.max === undefined || compare(high, seen.max) > 0) seen.max = high;
}

/** Of texts by code points, as UTF-8 does. */
function compare(a: string | number, b: string | number): number {
  return typeof a === "string" ? compareKeys(a, String(b)) : a - Number(b);
}
