import type { TableRows } from "./row-buffer.ts";

/** Rows of one day, by their numbers, sorted by device and time. */
export interface DayRows {
  readonly day: number;
  readonly rows: Uint32Array;
}

/**
 * The rows of a buffer by day, the earliest first; of a day, by device (in the order of UTF-8), then by time, and what is
 * equal in that as it came. The same rows in the same order give the same.
 */
export function sortedByDay(buffer: TableRows): DayRows[] {
  const { size, days, devices } = buffer;
  const byDevice = stableSort(identity(size), devices, ranksOf(buffer));
  const known = [...new Set(days.subarray(0, size))].sort((a, b) => a - b);
  const rankOf = new Map(known.map((day, rank) => [day, rank]));
  const dayRanks = new Int32Array(size);
  for (let i = 0; i < size; i++) dayRanks[i] = rankOf.get(days[i])!;
  const order = known.length === 1 ? byDevice : stableSort(byDevice, dayRanks, identityRanks(known.length));
  sortTimes(buffer, order);
  let start = 0;
  return known.map((day) => {
    let end = start;
    while (end < size && days[order[end]] === day) end++;
    const rows = order.subarray(start, end);
    start = end;
    return { day, rows };
  });
}

function identity(size: number): Uint32Array {
  const rows = new Uint32Array(size);
  for (let i = 0; i < size; i++) rows[i] = i;
  return rows;
}

function identityRanks(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

/** The place of each device, by its number, in the order of their bytes. */
function ranksOf({ deviceTexts }: TableRows): Int32Array {
  const { values } = deviceTexts;
  const bytes = values.map((text) => Buffer.from(text, "utf8"));
  const sorted = bytes.map((_, number) => number).sort((a, b) => Buffer.compare(bytes[a], bytes[b]));
  const ranks = new Int32Array(values.length);
  for (const [rank, number] of sorted.entries()) ranks[number] = rank;
  return ranks;
}

/** A counting sort, which keeps the order of what is equal: `ranks[keys[row]]` is the place of a row. */
function stableSort(rows: Uint32Array, keys: Int32Array, ranks: Int32Array): Uint32Array {
  const starts = new Uint32Array(ranks.length + 1);
  for (const row of rows) starts[ranks[keys[row]] + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) sorted[starts[ranks[keys[row]]]++] = row;
  return sorted;
}

/** Sorts the rows of each device and day by time, where they did not come in that order. */
function sortTimes({ days, devices, millis, nanos }: TableRows, order: Uint32Array): void {
  const compare = (a: number, b: number) => millis[a] - millis[b] || nanos[a] - nanos[b];
  for (let start = 0; start < order.length; ) {
    const [first] = order.subarray(start, start + 1);
    let isSorted = true;
    let end = start + 1;
    for (; end < order.length; end++) {
      const row = order[end];
      if (devices[row] !== devices[first] || days[row] !== days[first]) break;
      if (isSorted && compare(order[end - 1], row) > 0) isSorted = false;
    }
    // The sort of typed arrays is stable (ECMAScript 2019).
    if (!isSorted) order.subarray(start, end).sort(compare);
    start = end;
  }
}
