import { mergeRuns } from "./merge-runs.ts";
import type { RowColumns } from "./row-buffer.ts";

/** Where the rows of a buffer come to stand. */
export interface RowOrder {
  /** Of each row, by its number, its place. */
  readonly places: Uint32Array;
  /** The days, the earliest first, and how many rows each has: they stand one behind the other. */
  readonly days: readonly { readonly day: number; readonly rows: number }[];
}

/** As many groups as are counted without being looked up, so long as there are not many more of them than rows. */
const MAX_GROUPS = 1 << 20;

/**
 * The rows of a buffer by day, the earliest first; of a day, by device (in the order of UTF-8), then by time, and what is
 * equal in that as it came. The same rows in the same order give the same.
 */
export function orderOf(columns: RowColumns): RowOrder {
  const { size, days } = columns;
  const known = distinctDays(columns);
  const { groups, count } = groupsOf(columns, known);
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < size; i++) starts[groups[i] + 1]++;
  for (let group = 0; group < count; group++) starts[group + 1] += starts[group];
  const next = starts.slice();
  const places = new Uint32Array(size);
  for (let i = 0; i < size; i++) places[i] = next[groups[i]]++;
  sortTimes(columns, groups, starts, places);
  const rows = new Map(known.map((day) => [day, 0]));
  let [from, day] = [0, days[0]];
  for (let i = 1; i <= size; i++) {
    if (i < size && days[i] === day) continue;
    rows.set(day, rows.get(day)! + i - from);
    from = i;
    day = days[i];
  }
  return { places, days: known.map((one) => ({ day: one, rows: rows.get(one)! })) };
}

function distinctDays({ size, days }: RowColumns): number[] {
  const found = new Set<number>();
  let last: number | undefined;
  for (let i = 0; i < size; i++) {
    if (days[i] === last) continue;
    last = days[i];
    found.add(last);
  }
  return [...found].sort((a, b) => a - b);
}

/** Of each row the number of its group, those of one day and device, in their order; and how many groups there may be. */
function groupsOf(columns: RowColumns, known: readonly number[]): { groups: Uint32Array; count: number } {
  const { size, days, devices } = columns;
  const ranks = deviceRanks(columns);
  const dayRanks = new Map(known.map((day, rank) => [day, rank]));
  const groups = new Uint32Array(size);
  const perDay = Math.max(ranks.length, 1);
  const isCounted = perDay * known.length <= Math.max(MAX_GROUPS, 2 * size);
  // Where few of all the days of all the devices are there, they are numbered.
  const keys = new Float64Array(isCounted ? 0 : size);
  let [day, first] = [Number.NaN, 0];
  for (let i = 0; i < size; i++) {
    if (days[i] !== day) {
      day = days[i];
      first = dayRanks.get(day)! * perDay;
    }
    if (isCounted) groups[i] = first + ranks[devices[i]];
    else keys[i] = first + ranks[devices[i]];
  }
  if (isCounted) return { groups, count: perDay * known.length };
  const sorted = Float64Array.from(new Set(keys)).sort();
  const numbers = new Map<number, number>();
  for (let number = 0; number < sorted.length; number++) numbers.set(sorted[number], number);
  for (let i = 0; i < size; i++) groups[i] = numbers.get(keys[i])!;
  return { groups, count: sorted.length };
}

/** The place of each device, by its number, in the order of their bytes. */
function deviceRanks({ deviceTexts: values }: RowColumns): Int32Array {
  const bytes = values.map((text) => Buffer.from(text, "utf8"));
  const sorted = bytes.map((_, number) => number).sort((a, b) => Buffer.compare(bytes[a], bytes[b]));
  const ranks = new Int32Array(values.length);
  for (const [rank, number] of sorted.entries()) ranks[number] = rank;
  return ranks;
}

/** Sorts the rows of each group by time, where they did not come in that order. */
function sortTimes(columns: RowColumns, groups: Uint32Array, starts: Uint32Array, places: Uint32Array): void {
  const { size, millis, nanos } = columns;
  const count = starts.length - 1;
  const [lastMillis, lastNanos] = [new Float64Array(count).fill(Number.NEGATIVE_INFINITY), new Int32Array(count)];
  const isUnsorted = new Uint8Array(count);
  let found = false;
  for (let i = 0; i < size; i++) {
    const group = groups[i];
    const time = millis[i];
    if (time < lastMillis[group] || (time === lastMillis[group] && nanos[i] < lastNanos[group])) {
      isUnsorted[group] = 1;
      found = true;
    }
    lastMillis[group] = time;
    lastNanos[group] = nanos[i];
  }
  if (!found) return;
  const rows = new Uint32Array(size);
  for (let i = 0; i < size; i++) rows[places[i]] = i;
  for (let group = 0; group < count; group++) {
    if (isUnsorted[group] === 0) continue;
    const [start, end] = [starts[group], starts[group + 1]];
    mergeRuns(rows.subarray(start, end), millis, nanos);
    for (let place = start; place < end; place++) places[rows[place]] = place;
  }
}
