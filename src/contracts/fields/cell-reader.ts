import { skipDigits } from "../../pipeline/decimal.ts";
import { daysIn, daysSinceEpoch, isTimestamp } from "../../pipeline/timestamp.ts";

/** What reads a timestamp as a source writes it: {@link read}, then its fields until the next call. */
export interface CellReader {
  /** Whether `b[from..to)` is one, of a real date. It reads nothing outside of that. */
  read(b: Uint8Array, from: number, to: number): boolean;
  /** What it showed, in seconds since the epoch as if it were UTC. */
  local: number;
  /** Seconds east of Greenwich, where it said so; else NaN. */
  offset: number;
  /** The digits of its fraction: `digits[digitsFrom..digitsTo)`. */
  digits: Uint8Array;
  digitsFrom: number;
  digitsTo: number;
  /** It is a timestamp of the data contract and means the same there: its bytes stay. */
  isCanonical: boolean;
}

/** Days since the epoch; NaN where there is no such date. */
export function localDay(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || (day > 28 && day > daysIn(month, year))) return Number.NaN;
  return daysSinceEpoch(year, month, day);
}

/** Seconds since midnight; NaN where there is no such time. */
export function timeOfDay(hour: number, minute: number, second: number): number {
  return hour > 23 || minute > 59 || second > 59 ? Number.NaN : hour * 3600 + minute * 60 + second;
}

/** Position behind `Z`, `±HH`, `±HHMM` or `±HH:MM` at `p`; -1 where none stands there. */
export function offsetEnd(b: Uint8Array, p: number, to: number): number {
  if (p < to && (b[p] === 90 || b[p] === 122)) return p + 1;
  if (to - p < 3 || (b[p] !== 43 && b[p] !== 45) || digitPair(b, p + 1) > 23) return -1;
  const minutes = p + 3 < to && b[p + 3] === 58 ? p + 4 : p + 3;
  if (minutes + 2 <= to && digitPair(b, minutes) < 60) return minutes + 2;
  return minutes === p + 3 && (p + 3 >= to || (b[p + 3] ^ 48) > 9) ? p + 3 : -1;
}

/** Seconds east of Greenwich of what {@link offsetEnd} found. */
export function offsetSeconds(b: Uint8Array, p: number, end: number): number {
  if (end === p + 1) return 0;
  const seconds = digitPair(b, p + 1) * 3600 + (end === p + 3 ? 0 : digitPair(b, end - 2) * 60);
  return b[p] === 45 ? 0 - seconds : seconds;
}

/** The number of two ASCII digits, or 100. */
export function digitPair(b: Uint8Array, p: number): number {
  const tens = b[p] ^ 48;
  const ones = b[p + 1] ^ 48;
  return tens < 10 && ones < 10 ? tens * 10 + ones : 100;
}

/**
 * Timestamps as the data contract has them. They stay as they are, to the byte, but for those that are local times of a zone
 * other than UTC: `isUtc` says that what has no offset is no such time.
 */
export class IsoReader implements CellReader {
  local = 0;
  offset = Number.NaN;
  digits: Uint8Array = new Uint8Array(0);
  digitsFrom = 0;
  digitsTo = 0;
  isCanonical = true;
  readonly #isUtc: boolean;

  constructor(isUtc: boolean) {
    this.#isUtc = isUtc;
  }

  read(b: Uint8Array, from: number, to: number): boolean {
    // The pipeline's reader looks at what stands behind: a cell may be followed by anything, and is looked at alone then.
    if (!isTimestamp(b, from, to) && !isTimestamp(b.subarray(from, to), 0, to - from)) return false;
    const second = from + 16;
    const hasSecond = second < to && b[second] === 58;
    let p = hasSecond ? second + 3 : second;
    this.digitsFrom = p + 1;
    if (hasSecond && p < to && b[p] === 46) {
      p = skipDigits(b, p + 1, to);
    }
    this.isCanonical = this.#isUtc || to - from < 16 || p < to;
    if (this.isCanonical) return true;
    this.digits = b;
    this.digitsTo = Math.max(p, this.digitsFrom);
    const year = digitPair(b, from) * 100 + digitPair(b, from + 2);
    const seconds = hasSecond ? digitPair(b, second + 1) : 0;
    const month = digitPair(b, from + 5);
    const day = digitPair(b, from + 8);
    const time = timeOfDay(digitPair(b, from + 11), digitPair(b, from + 14), seconds);
    this.local = localDay(year, month, day) * 86_400 + time;
    return true;
  }
}
