/**
 * The one reading of a timestamp of the data contract (docs/data-contract.md): whether it is one, and which instant. Silver and
 * anomalies hold timestamps as they came; what needs to compare them (tables, detectors, the page) reads them here.
 */

const DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Checks an ISO 8601 date-time at `p`: `YYYY-MM-DD`, `T` or a space, `HH:MM`, optional `:SS` with optional `.fraction`,
 * optional `Z` or offset (`+HH`, `+HHMM`, `+HH:MM`). A real calendar date; no 24:00 and no leap second, which
 * neither Date nor DuckDB nor Python reads. Returns the position after it, or -1.
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
      while ((b[++p] ^ 48) < 10);
      if (p === point + 1) return -1;
    }
  }
  if (b[p] === 90) return p + 1;
  return b[p] === 43 || b[p] === 45 ? readOffset(b, p + 1) : p;
}

/**
 * The number of two ASCII digits, or a negative number. A digit is told by exclusive or, here and elsewhere, so that what
 * stands behind the end of the bytes is none.
 */
function twoDigits(b: Uint8Array, p: number): number {
  const tens = b[p] ^ 48;
  const ones = b[p + 1] ^ 48;
  return tens < 10 && ones < 10 ? tens * 10 + ones : -1;
}

/** Of the proleptic Gregorian calendar; `month` 1 to 12. */
export function daysIn(month: number, year: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : DAYS_IN_MONTH[month];
}

/** `HH`, `HHMM` or `HH:MM` after the sign. */
function readOffset(b: Uint8Array, p: number): number {
  const hours = twoDigits(b, p);
  if (hours < 0 || hours > 23) return -1;
  const colon = b[p + 2] === 58 ? 1 : 0;
  const minutes = twoDigits(b, p + 2 + colon);
  if (minutes < 0) return colon === 1 || (b[p + 2] ^ 48) < 10 ? -1 : p + 2;
  return minutes > 59 ? -1 : p + 4 + colon;
}

/**
 * Whether `b[from..to)` is a timestamp: see {@link readTimestamp}, or 10 digits (epoch seconds) or 13 (milliseconds).
 * What stands at `to` must not go on with it: a comma, a quote, a blank, or nothing.
 */
export function isTimestamp(b: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length === 10 || length === 13) {
    let p = from;
    while (p < to && b[p] >= 48 && b[p] <= 57) p++;
    if (p === to) return true;
  }
  return readTimestamp(b, from) === to;
}

/**
 * The instant of the timestamp `b[from..to)` in whole milliseconds since the epoch; NaN where {@link isTimestamp} says no.
 * UTC without an offset. Further digits of a fraction are cut, as DuckDB cuts those that its type does not hold: before
 * 1970, too, so that an instant is never later than what was written. An offset may lead out of the years 0000 to 9999.
 */
export function epochMillis(b: Uint8Array, from: number, to: number): number {
  if (!isTimestamp(b, from, to)) return Number.NaN;
  const length = to - from;
  if (length < 16) return numberOf(b, from, to) * (length === 10 ? 1000 : 1);
  // What is accepted has these shapes and ends at `to`: no byte there or behind it can be taken for more of it.
  const year = twoDigits(b, from) * 100 + twoDigits(b, from + 2);
  const days = daysSinceEpoch(year, twoDigits(b, from + 5), twoDigits(b, from + 8));
  const minutes = days * 1440 + twoDigits(b, from + 11) * 60 + twoDigits(b, from + 14);
  let millis = 0;
  let p = from + 16;
  if (b[p] === 58) {
    millis = twoDigits(b, p + 1) * 1000;
    p += 3;
    if (b[p] === 46) {
      let digit = 0;
      for (let weight = 100; (digit = b[++p] ^ 48) < 10; weight = (weight / 10) | 0) millis += digit * weight;
    }
  }
  return (minutes - offsetMinutes(b, p, to)) * 60_000 + millis;
}

/** As {@link epochMillis} in microseconds, which are no safe integers before 1684 and after 2255; null instead of NaN. */
export function epochMicros(b: Uint8Array, from: number, to: number): bigint | null {
  const millis = epochMillis(b, from, to);
  return Number.isNaN(millis) ? null : BigInt(millis) * 1000n + BigInt(Math.floor(nanosOfMilli(b, from, to) / 1000));
}

/** The fourth to ninth digit of the fraction, nanoseconds below {@link epochMillis}; those that are not there are 0. */
export function nanosOfMilli(b: Uint8Array, from: number, to: number): number {
  if (to - from < 24 || b[from + 19] !== 46) return 0;
  let nanos = 0;
  for (let p = from + 20, weight = 100_000_000; weight > 0; p++, weight = (weight / 10) | 0) {
    const digit = b[p] ^ 48;
    if (digit > 9) break;
    nanos += digit * weight;
  }
  return nanos % 1_000_000;
}

/** Of what stands at `p` behind the time of day: nothing, `Z` or a sign, the hours and perhaps the minutes. */
function offsetMinutes(b: Uint8Array, p: number, to: number): number {
  if (to - p < 3) return 0;
  const minutes = twoDigits(b, p + 1) * 60 + (to - p === 3 ? 0 : twoDigits(b, to - 2));
  return b[p] === 45 ? -minutes : minutes;
}

/**
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar, of the years 0000 to 9999. Its year is taken to begin in
 * March, so that a leap day is the last of its days.
 */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  // 400 years more, which are 146,097 days: none is negative, and dividing cuts as it should.
  const y = year + (month < 3 ? 399 : 400);
  const leapDays = ((y / 4) | 0) - ((y / 100) | 0) + ((y / 400) | 0);
  const beforeMonth = ((153 * (month < 3 ? month + 9 : month - 3) + 2) / 5) | 0;
  return y * 365 + leapDays + beforeMonth + day - 865_566;
}

function numberOf(b: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let p = from; p < to; p++) value = value * 10 + (b[p] - 48);
  return value;
}
