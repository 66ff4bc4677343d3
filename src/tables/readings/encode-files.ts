import type { TableColumn } from "../parquet/columns.ts";
import { type EncodedRowGroup, encodeRowGroup } from "../parquet/encode.ts";
import { ROW_GROUP_ROWS } from "../parquet/write.ts";
import { orderOf } from "./order.ts";
import { PlacedRows } from "./place.ts";
import type { RowColumns } from "./row-buffer.ts";

/** The rows of a day, sorted and encoded. */
export interface EncodedFile {
  readonly day: number;
  readonly rows: number;
  readonly groups: readonly EncodedRowGroup[];
}

const placed = new PlacedRows();

/** Sorts rows and encodes them, a file for each day. The same rows give the same bytes, in whatever thread. */
export function encodeFiles(rows: RowColumns, columns: readonly TableColumn[]): EncodedFile[] {
  const { places, days } = orderOf(rows);
  placed.place(rows, places, columns);
  let start = 0;
  return days.map(({ day, rows: count }) => {
    const end = start + count;
    const groups: EncodedRowGroup[] = [];
    for (; start < end; start += ROW_GROUP_ROWS) {
      groups.push(encodeRowGroup(columns, placed.group(start, Math.min(start + ROW_GROUP_ROWS, end))));
    }
    start = end;
    return { day, rows: count, groups };
  });
}
