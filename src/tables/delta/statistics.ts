import type { TableColumn } from "../parquet/columns.ts";
import type { Add } from "./actions.ts";

/** What a file holds, for readers to pass it over ("Per-file Statistics"): counts are answered from it, so it is exact. */
export interface FileStatistics {
  readonly numRecords: number;
  readonly minValues: Readonly<Record<string, string | number>>;
  readonly maxValues: Readonly<Record<string, string | number>>;
  readonly nullCount: Readonly<Record<string, number>>;
}

/** Code points of a text in the statistics: longer ones are cut. */
const MAX_TEXT = 64;
/** The first and the last instant that all readers know, milliseconds: years 0001 to 9999. */
export const [FIRST_MS, LAST_MS] = [-62_135_596_800_000, 253_402_300_799_999];

/** What is seen of one column while a file is written. */
export interface Seen {
  nulls: number;
  /** Absent of a column of booleans, which has no bounds, and where all is null. */
  min?: string | number;
  max?: string | number;
}

/**
 * The statistics of a file: `seen` is of its columns in their order, times in milliseconds. What no bound can be given of
 * that holds for all readers is left out: then the file is read.
 */
export function statisticsOf(rows: number, columns: readonly TableColumn[], seen: readonly Seen[]): FileStatistics {
  const [minValues, maxValues]: Record<string, string | number>[] = [{}, {}];
  const nullCount: Record<string, number> = {};
  for (const [i, { name, type }] of columns.entries()) {
    const { nulls, min, max } = seen[i];
    nullCount[name] = nulls;
    if (min === undefined || max === undefined) continue;
    const [low, high] = type === "timestamp" ? [timeBound(min), timeBound(max)] : [lowBound(min), highBound(max)];
    if (low !== null) minValues[name] = low;
    if (high !== null) maxValues[name] = high;
  }
  return { numRecords: rows, minValues, maxValues, nullCount };
}

/** What is said of a file, as far as that is statistics at all: any doubt about them is one about the file. */
export interface SaidStatistics {
  readonly numRecords: number | null;
  readonly minValues: Readonly<Record<string, unknown>>;
  readonly maxValues: Readonly<Record<string, unknown>>;
}

export function readStatistics({ stats }: Pick<Add, "stats">): SaidStatistics {
  const { numRecords, minValues, maxValues } = parsed(stats ?? "{}");
  return {
    numRecords: typeof numRecords === "number" ? numRecords : null,
    minValues: recordIn(minValues),
    maxValues: recordIn(maxValues),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return recordIn(JSON.parse(text));
  } catch {
    return {};
  }
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** Of an instant in whole milliseconds, which is all that statistics hold: the bound is the value itself. */
function timeBound(millis: string | number): string | null {
  const isKnown = typeof millis === "number" && millis >= FIRST_MS && millis <= LAST_MS;
  return isKnown ? new Date(millis).toISOString() : null;
}

/** The beginning of a text is not above it. */
function lowBound(value: string | number): string | number {
  return typeof value === "number" ? value : [...value].slice(0, MAX_TEXT).join("");
}

/**
 * The beginning of a text with its last character raised by one is above all that begins like it, in the order of code points, which is
 * that of UTF-8. Null where no character can be raised.
 */
function highBound(value: string | number): string | number | null {
  if (typeof value === "number") return value;
  const points = [...value];
  if (points.length <= MAX_TEXT) return value;
  const kept = points.slice(0, MAX_TEXT);
  for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
    const point = (last.codePointAt(0) ?? 0) + 1;
    // Surrogates are no characters, and nothing is above the last one.
    if (point <= 0x10ffff) return kept.join("") + String.fromCodePoint(point === 0xd800 ? 0xe000 : point);
  }
  return null;
}
