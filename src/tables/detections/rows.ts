import type { Reason } from "../../detection/reasons.ts";
import { compareKeys } from "../../storage/keys.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { millisOf } from "../days/day.ts";
import { createDayFile, type NewFile } from "../days/day-file.ts";
import { openTableFile } from "../days/table-file.ts";
import type { ColumnValues, TextValues } from "../parquet/columns.ts";
import { encodeRowGroup } from "../parquet/encode.ts";
import { ROW_GROUP_ROWS } from "../parquet/write.ts";
import type { TableFile } from "../scan/units.ts";
import { COLUMNS, DETECTIONS, type DetectionRow } from "./layout.ts";

/** By device and time, as the rows of readings. */
export function compareRows(a: DetectionRow, b: DetectionRow): number {
  return compareKeys(a.device, b.device) || a.time - b.time || compareKeys(a.reason, b.reason);
}

/** Writes the rows of a day into a new file; `id` is a UUID. At least one row, in their order. The same rows give the same bytes. */
export async function writeDetectionRows(
  storage: LakeStorage,
  rows: readonly DetectionRow[],
  day: number,
  id: string,
): Promise<NewFile> {
  const file = await createDayFile(storage, { table: DETECTIONS, columns: COLUMNS, day, id });
  try {
    for (let start = 0; start < rows.length; start += ROW_GROUP_ROWS)
      await file.add(encodeRowGroup(COLUMNS, valuesOf(rows.slice(start, start + ROW_GROUP_ROWS))));
    return await file.finish();
  } finally {
    await file.abort();
  }
}

function valuesOf(rows: readonly DetectionRow[]): ColumnValues[] {
  const double = (of: (row: DetectionRow) => number) => Float64Array.from(rows, of);
  return [
    BigInt64Array.from(rows, ({ time }) => BigInt(time) * 1000n),
    textsOf(rows.map(({ device }) => device)),
    double(({ value }) => value),
    double(({ expected }) => expected),
    double(({ low }) => low),
    double(({ high }) => high),
    double(({ onceInDays }) => onceInDays),
    double(({ score }) => score),
    textsOf(rows.map(({ reason }) => reason)),
    Int32Array.from(rows, ({ detector }) => detector),
  ];
}

function textsOf(values: readonly string[]): TextValues {
  const numbers = new Map<string, number>();
  const numberOf = (text: string) => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return { numbers: Int32Array.from(values, numberOf), texts: [...numbers.keys()] };
}

/** Which rows are wanted; without a device those of all. Milliseconds since the epoch, both ends included. */
export interface RowsWanted {
  readonly device?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** The rows of a file that are wanted, in its order. Throws `table_damaged`, and `table_unsupported` for what it is compressed with. */
export async function readDetectionRows(
  storage: LakeStorage,
  { path, add }: TableFile,
  { device, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: RowsWanted = {},
): Promise<DetectionRow[]> {
  const file = await openTableFile(storage, DETECTIONS, path, add);
  const rows: DetectionRow[] = [];
  for (const group of file.groups) {
    const values = await Promise.all(COLUMNS.map(({ name }) => file.read(name, group)));
    for (let i = 0; i < group.end - group.start; i++) {
      const [micros, id, value, expected, low, high, onceInDays, score, reason, detector] = values.map((one) => one[i]);
      // Another program's row; the next time that its day is made it goes.
      if (typeof micros !== "bigint" || typeof id !== "string") continue;
      const time = millisOf(micros);
      if ((device !== undefined && id !== device) || time < from || time > to) continue;
      const numbers = { value, expected, low, high, onceInDays, score, detector } as Record<string, number>;
      rows.push({ time, device: id, reason: reason as Reason, ...numbers } as DetectionRow);
    }
  }
  return rows;
}
