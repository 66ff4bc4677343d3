/** Timestamps are checked, never converted: no output holds one that vantageflow wrote. */

const DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Checks an ISO 8601 date-time at `p`: `YYYY-MM-DD`, `T` or a space, `HH:MM`, optional `:SS` with optional `.fraction`,
 * optional `Z` or offset (`+HH`, `+HHMM`, `+HH:MM`). A real calendar date; no 24:00 and no leap second, which
 * neither Date nor DuckDB nor Python reads. Returns the position after it, or -1.
 * The bytes must contain a non-digit at or after `p`.
 */
export function readTimestamp(b: Uint8Array, p: number): number {
  if (b[p + 4] !== 45 || b[p + 7] !== 45 || b[p + 13] !== 58) return -1;
  if (b[p + 10] !== 84 && b[p + 10] !== 32) return -1;
  const century = twoDigits(b, p);
  const yearInCentury = twoDigits(b, p + 2);
  const month = twoDigits(b, p + 5);
  const day = twoDigits(b, p + 8);
  const hour = twoDigits(b, p + 11);
  const minute = twoDigits(b, p + 14);
  if ((century | yearInCentury | month | day | hour | minute) < 0) return -1;
  if (hour > 23 || minute > 59 || month < 1 || month > 12 || day < 1) return -1;
  if (day > 28 && day > daysIn(month, century * 100 + yearInCentury)) return -1;
  return readSeconds(b, p + 16);
}

/** Whether `YYYY-MM-DDTHH:MM` is the same, byte for byte, at both positions. */
export function sameMinute(view: DataView, p: number, q: number): boolean {
  return (
    view.getInt32(p + 12) === view.getInt32(q + 12) &&
    view.getInt32(p + 8) === view.getInt32(q + 8) &&
    view.getInt32(p + 4) === view.getInt32(q + 4) &&
    view.getInt32(p) === view.getInt32(q)
  );
}

/** Goes on behind `YYYY-MM-DDTHH:MM`. See {@link readTimestamp}. */
export function readSeconds(b: Uint8Array, p: number): number {
  if (b[p] === 58) {
    const second = twoDigits(b, p + 1);
    if (second < 0 || second > 59) return -1;
    p += 3;
    if (b[p] === 46) {
      const point = p;
      while ((b[++p] - 48) >>> 0 < 10);
      if (p === point + 1) return -1;
    }
  }
  if (b[p] === 90) return p + 1;
  return b[p] === 43 || b[p] === 45 ? readOffset(b, p + 1) : p;
}

/** The number of two ASCII digits, or a negative number. */
function twoDigits(b: Uint8Array, p: number): number {
  const tens = (b[p] - 48) >>> 0;
  const ones = (b[p + 1] - 48) >>> 0;
  return tens < 10 && ones < 10 ? tens * 10 + ones : -1;
}

function daysIn(month: number, year: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : DAYS_IN_MONTH[month];
}

/** `HH`, `HHMM` or `HH:MM` after the sign. */
function readOffset(b: Uint8Array, p: number): number {
  const hours = twoDigits(b, p);
  if (hours < 0 || hours > 23) return -1;
  const colon = b[p + 2] === 58 ? 1 : 0;
  const minutes = twoDigits(b, p + 2 + colon);
  if (minutes < 0) return colon === 1 || (b[p + 2] - 48) >>> 0 < 10 ? -1 : p + 2;
  return minutes > 59 ? -1 : p + 4 + colon;
}

/** Whether `b[from..to)` is a timestamp: see {@link readTimestamp}, or 10 digits (epoch seconds) or 13 (milliseconds). */
export function isTimestamp(b: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length === 10 || length === 13) {
    let p = from;
    while (p < to && b[p] >= 48 && b[p] <= 57) p++;
    if (p === to) return true;
  }
  return readTimestamp(b, from) === to;
}
