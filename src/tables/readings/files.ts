import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import type { Add } from "../delta/actions.ts";
import { type Seen, statisticsOf } from "../delta/statistics.ts";
import type { TableColumn } from "../parquet/columns.ts";
import { compareUtf8, type EncodedRowGroup, type RowGroupValues } from "../parquet/encode.ts";
import { createParquetWriter, ROW_GROUP_ROWS } from "../parquet/write.ts";
import type { TableColumns } from "./columns.ts";
import type { PlacedRows } from "./gather.ts";
import { dateOf, newPath, READINGS } from "./layout.ts";
import { orderOf } from "./order.ts";
import type { TableRows } from "./row-buffer.ts";

/** A file that is written and not yet in the log. */
export interface NewFile {
  readonly object: ObjectInfo;
  readonly add: Add;
  readonly rows: number;
}

/** A file whose rows have been gathered. */
export interface Gathered {
  readonly day: number;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  readonly groups: readonly Promise<EncodedRowGroup>[];
}

/** Gathers the rows of a buffer, which is needed no more then: sorted, and a file for each day. Until they are encoded they are in `placed`. */
export function gatherFiles(
  buffer: TableRows,
  placed: PlacedRows,
  table: TableColumns,
  encode: (group: RowGroupValues) => Promise<EncodedRowGroup>,
): Gathered[] {
  const columns = table.inFiles();
  const { places, days } = orderOf(buffer);
  const types = columns.map(({ type }) => type);
  placed.place(buffer, places, types);
  let start = 0;
  return days.map(({ day, rows }) => {
    const groups: Promise<EncodedRowGroup>[] = [];
    const end = start + rows;
    for (; start < end; start += ROW_GROUP_ROWS) {
      const encoded = encode(placed.group(start, Math.min(start + ROW_GROUP_ROWS, end)));
      // Told when its file is written.
      encoded.catch(() => {});
      groups.push(encoded);
    }
    start = end;
    return { day, rows, columns, groups };
  });
}

/**
 * Writes a file. Nobody sees it until a commit names it; it is durable only once the store has flushed its key.
 * `id` is a UUID that no other file has.
 */
export async function writeFile(
  storage: LakeStorage,
  { day, rows, columns, groups }: Gathered,
  id: string,
): Promise<NewFile> {
  const path = newPath(day, id);
  const seen: Seen[] = columns.map(() => ({ nulls: 0 }));
  const out = await storage.create(`${READINGS}${path}`);
  try {
    const file = createParquetWriter(out, columns);
    for (const one of groups) {
      const group = await one;
      await file.add(group);
      note(seen, columns, group);
    }
    await file.finish();
    const object = await out.commit({ ifToken: null, deferred: true });
    const stats = JSON.stringify(statisticsOf(rows, columns, seen));
    const [size, modificationTime] = [object.size, Math.trunc(object.modified)];
    const partitionValues = { date: dateOf(day) };
    // The path is of characters that a URI takes as they are.
    return { object, add: { path, partitionValues, size, modificationTime, dataChange: true, stats }, rows };
  } finally {
    await out.abort();
  }
}

function note(seen: readonly Seen[], columns: readonly TableColumn[], { chunks }: EncodedRowGroup): void {
  for (const [i, { nulls, min, max }] of chunks.entries()) {
    const one = seen[i];
    one.nulls += nulls;
    // Booleans have no bounds in the log.
    if (min === undefined || max === undefined || columns[i].type === "boolean") continue;
    if (one.min === undefined || compare(min, one.min) < 0) one.min = min;
    if (one.max === undefined || compare(max, one.max) > 0) one.max = max;
  }
}

function compare(a: string | number, b: string | number): number {
  return typeof a === "string" ? compareUtf8(a, String(b)) : a - Number(b);
}
