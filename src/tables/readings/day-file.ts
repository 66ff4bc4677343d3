import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import type { Add } from "../delta/actions.ts";
import { type Seen, statisticsOf } from "../delta/statistics.ts";
import type { ColumnValues, TableColumn } from "../parquet/columns.ts";
import { createParquetWriter } from "../parquet/write.ts";
import { dateOf, newPath, PARTITION, READINGS } from "./layout.ts";

/** A file that is written and not yet in the log. */
export interface NewFile {
  readonly object: ObjectInfo;
  readonly add: Add;
  readonly rows: number;
}

/** A file of a day while it is written. Nobody sees it until a commit names it; durable once the store has flushed its key. */
export interface DayFile {
  /** What has been seen of each column, kept by whoever adds values; see `seen.ts`. */
  readonly seen: readonly Seen[];
  /** A row group: each column's values. At least one row. */
  add(values: readonly ColumnValues[]): Promise<void>;
  finish(): Promise<NewFile>;
  /** Throws away what was written. Harmless after {@link finish}. */
  abort(): Promise<void>;
}

/** Begins a file of these columns under a new name; `id` is a UUID. `dataChange`: its rows were not in the table before. */
export async function createDayFile(
  storage: LakeStorage,
  columns: readonly TableColumn[],
  day: number,
  id: string,
  dataChange = true,
): Promise<DayFile> {
  const path = newPath(day, id);
  const seen: Seen[] = columns.map(() => ({ nulls: 0 }));
  const out = await storage.create(`${READINGS}${path}`);
  const file = createParquetWriter(out, columns);
  let rows = 0;
  return {
    seen,
    async add(values) {
      rows += values[0].length;
      await file.add(values);
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
