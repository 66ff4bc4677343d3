import { compareKeys } from "../../storage/keys.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { createDayFile, type DayFile, type NewFile } from "../days/day-file.ts";
import { type ColumnType, type ColumnValues, NULL_TEXT, type TableColumn } from "../parquet/columns.ts";
import { encodeRowGroup } from "../parquet/encode.ts";
import { ROW_GROUP_ROWS } from "../parquet/write.ts";
import { READINGS } from "./layout.ts";
import type { Group, MergeSource } from "./merge-source.ts";

/** Rows of a group that follow one another in the merged order. */
interface Run {
  readonly group: Group;
  readonly start: number;
  readonly end: number;
}

/** What a merge writes, and where. */
export interface MergeOptions {
  readonly storage: LakeStorage;
  readonly columns: readonly TableColumn[];
  readonly day: number;
  readonly newId: () => string;
  /** Rows of a file, from which on a new one begins. */
  readonly fileRows: number;
  /** Called with each file that is written, so that an attempt that fails can remove it. */
  readonly onFile: (file: NewFile) => void;
}

/**
 * Merges files of a day into others, by device and time, and what is equal in that in the order of the sources. Of each source one row
 * group is in memory, and one that is written. Rows of a file that is not sorted, as another program may leave one, come all the same, in
 * an order that is no better than its own.
 */
export async function mergeFiles(sources: readonly MergeSource[], options: MergeOptions): Promise<void> {
  const { columns, storage, day, newId, fileRows, onFile } = options;
  const order = new Map(sources.map((source, i) => [source, i]));
  const before = (a: MergeSource, b: MergeSource) => (compare(a, b) || order.get(a)! - order.get(b)!) < 0;
  const heap: MergeSource[] = [];
  let [file, inFile, inGroup]: [DayFile | null, number, number] = [null, 0, 0];
  let runs: Run[] = [];

  async function write(): Promise<void> {
    if (inGroup === 0) return;
    file ??= await createDayFile(storage, { table: READINGS, columns, day, id: newId(), dataChange: false });
    const values = columns.map(({ type }, i) => valuesOf(runs, i, type, inGroup));
    await file.add(encodeRowGroup(columns, values));
    inFile += inGroup;
    [runs, inGroup] = [[], 0];
    if (inFile >= fileRows) await end();
  }
  async function end(): Promise<void> {
    if (file === null) return;
    onFile(await file.finish());
    [file, inFile] = [null, 0];
  }

  try {
    for (const source of sources) if (await source.load()) push(heap, source, before);
    while (heap.length > 0) {
      const [top] = heap;
      const { group, at: start } = top;
      const most = Math.min(group.size, start + ROW_GROUP_ROWS - inGroup);
      const next = smaller(heap[1], heap[2], before);
      do top.at++;
      while (top.at < most && (next === undefined || before(top, next)));
      runs.push({ group, start, end: top.at });
      inGroup += top.at - start;
      if (inGroup === ROW_GROUP_ROWS) await write();
      const isThere = top.at < group.size || (await top.load());
      if (!isThere) {
        const last = heap.pop()!;
        if (heap.length === 0) break;
        if (last !== top) heap[0] = last;
      }
      sink(heap, before);
    }
    await write();
    await end();
  } finally {
    await (file as DayFile | null)?.abort();
  }
}

function compare(a: MergeSource, b: MergeSource): number {
  const [x, y] = [a.group, b.group];
  const [device, other] = [x.devices[a.at], y.devices[b.at]];
  if (device !== other) return compareKeys(device, other);
  return x.times[a.at] - y.times[b.at] || x.nanos[a.at] - y.nanos[b.at];
}

type Before = (a: MergeSource, b: MergeSource) => boolean;

function smaller(a: MergeSource | undefined, b: MergeSource | undefined, before: Before) {
  return b !== undefined && a !== undefined && before(b, a) ? b : a;
}

/** A binary heap: its first is before all others. */
function push(heap: MergeSource[], source: MergeSource, before: Before): void {
  let at = heap.push(source) - 1;
  for (let parent = (at - 1) >> 1; at > 0 && before(heap[at], heap[parent]); parent = (at - 1) >> 1) {
    [heap[at], heap[parent]] = [heap[parent], heap[at]];
    at = parent;
  }
}

/** Puts the first, which has gone on, where it belongs now. */
function sink(heap: MergeSource[], before: Before): void {
  for (let at = 0; ; ) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    if (left >= heap.length) return;
    const child = right < heap.length && before(heap[right], heap[left]) ? right : left;
    if (!before(heap[child], heap[at])) return;
    [heap[at], heap[child]] = [heap[child], heap[at]];
    at = child;
  }
}

/** The values of a column of these runs, one behind the other. */
function valuesOf(runs: readonly Run[], column: number, type: ColumnType, size: number): ColumnValues {
  if (type === "string") return textsOf(runs, column, size);
  const values = roomFor(type, size);
  let at = 0;
  for (const { group, start, end } of runs) {
    const { [column]: from } = group.columns;
    // Whole pieces where the file has them in the very form that is written.
    if (from instanceof Float64Array && values instanceof Float64Array) values.set(from.subarray(start, end), at);
    else if (from instanceof BigInt64Array && values instanceof BigInt64Array)
      values.set(from.subarray(start, end), at);
    else if (from instanceof Int32Array && values instanceof Int32Array) values.set(from.subarray(start, end), at);
    // Of true and false an array of bytes makes 1 and 0.
    else for (let i = start; i < end; i++) (values as { [i: number]: unknown })[at + i - start] = from?.[i];
    at += end - start;
  }
  return values;
}

function textsOf(runs: readonly Run[], column: number, size: number): ColumnValues {
  const known = new Map<string, number>();
  const numbers = new Int32Array(size).fill(NULL_TEXT);
  let [at, last, number]: [number, unknown, number] = [0, null, NULL_TEXT];
  for (const { group, start, end } of runs) {
    const { [column]: from } = group.columns;
    for (let i = start; i < end; i++, at++) {
      const text = from?.[i];
      if (typeof text !== "string") continue;
      if (text !== last) {
        last = text;
        number = known.get(text) ?? known.size;
        known.set(text, number);
      }
      numbers[at] = number;
    }
  }
  return { texts: [...known.keys()], numbers };
}

function roomFor(type: Exclude<ColumnType, "string">, size: number) {
  switch (type) {
    case "timestamp":
      return new BigInt64Array(size);
    case "integer":
      return new Int32Array(size);
    case "double":
      return new Float64Array(size);
    default:
      return new Uint8Array(size);
  }
}
