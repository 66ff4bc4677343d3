import { skipDigits } from "../../pipeline/decimal.ts";
import { type CellReader, digitPair, localDay, offsetEnd, offsetSeconds, timeOfDay } from "./cell-reader.ts";
import * as P from "./pattern.ts";

const MONTHS = [
  ...["january", "february", "march", "april", "may", "june"],
  ...["july", "august", "september", "october", "november", "december"],
].map((name) => Buffer.from(name));

/** Timestamps by a pattern: see {@link P.compilePattern}, which must have found nothing wrong with it. */
export class PatternReader implements CellReader {
  local = 0;
  offset = Number.NaN;
  digits: Uint8Array = new Uint8Array(0);
  digitsFrom = 0;
  digitsTo = 0;
  readonly isCanonical = false;
  readonly #kinds: Uint8Array;
  readonly #arguments: Uint8Array;
  readonly #hasHalf: boolean;
  readonly #slots = new Int32Array(P.SLOTS);
  #isAfternoon = false;
  /** Steps that read the date and nothing else, where it stands in front and is always as long; else 0. */
  readonly #dateSteps: number;
  /** The last date as it stood there, and its day: most rows have the same. */
  readonly #date: Uint8Array;
  #day = Number.NaN;

  constructor({ steps, hasHalf }: P.Pattern) {
    this.#kinds = Uint8Array.from(steps, ({ kind }) => kind);
    this.#arguments = Uint8Array.from(steps, ({ argument }) => argument);
    this.#hasHalf = hasHalf;
    this.#dateSteps = dateSteps(steps);
    this.#date = new Uint8Array(steps.slice(0, this.#dateSteps).reduce((sum, { kind }) => sum + lengthOf(kind), 0));
  }

  read(b: Uint8Array, from: number, to: number): boolean {
    this.digitsFrom = this.digitsTo;
    const kinds = this.#kinds;
    const isSameDate = this.#isSameDate(b, from, to);
    let p = isSameDate ? from + this.#date.length : from;
    for (let i = isSameDate ? this.#dateSteps : 0; i < kinds.length; i++) {
      const kind = kinds[i];
      const argument = this.#arguments[i];
      if (kind === P.BYTE) p = p < to && b[p] === argument ? p + 1 : -1;
      else if (kind === P.TWO_DIGITS) {
        const number = p + 2 <= to ? digitPair(b, p) : 100;
        this.#slots[argument] = number;
        p = number < 100 ? p + 2 : -1;
      } else p = this.#readOther(kind, argument, b, p, to);
      if (p < 0) return false;
    }
    if (p !== to) return false;
    const slots = this.#slots;
    const shown = slots[P.HOUR];
    if (this.#hasHalf && (shown < 1 || shown > 12)) return false;
    const hour = this.#hasHalf ? (shown % 12) + (this.#isAfternoon ? 12 : 0) : shown;
    if (!isSameDate) {
      this.#day = localDay(slots[P.WHOLE_YEAR], slots[P.MONTH], slots[P.DAY]);
      for (let i = 0; i < this.#date.length; i++) this.#date[i] = b[from + i];
    }
    this.local = this.#day * 86_400 + timeOfDay(hour, slots[P.MINUTE], slots[P.SECOND]);
    return !Number.isNaN(this.local);
  }

  #isSameDate(b: Uint8Array, from: number, to: number): boolean {
    const date = this.#date;
    const length = date.length;
    if (length === 0 || to - from < length) return false;
    for (let i = 0; i < length; i++) if (b[from + i] !== date[i]) return false;
    return true;
  }

  /** Position behind what a step reads at `p`, or -1. */
  #readOther(kind: number, argument: number, b: Uint8Array, p: number, to: number): number {
    switch (kind) {
      case P.BLANKS:
        return blanksEnd(b, p, to);
      case P.YEAR:
      case P.YEAR_OF_CENTURY:
        return this.#readYear(kind === P.YEAR, b, p, to);
      case P.ONE_OR_TWO_DIGITS: {
        const end = Math.min(skipDigits(b, p, to), p + 2);
        if (end === p) return -1;
        this.#slots[argument] = end === p + 2 ? digitPair(b, p) : b[p] - 48;
        return end;
      }
      case P.FRACTION:
        return this.#readFraction(argument, b, p, to);
      case P.HALF:
        if (p + 2 > to || (b[p + 1] | 32) !== 109 || ((b[p] | 32) !== 97 && (b[p] | 32) !== 112)) return -1;
        this.#isAfternoon = (b[p] | 32) === 112;
        return p + 2;
      case P.DAY_NAME: {
        const end = lettersEnd(b, p, to);
        return end === p ? -1 : end;
      }
      case P.OFFSET: {
        const end = offsetEnd(b, p, to);
        if (end > 0) this.offset = offsetSeconds(b, p, end);
        return end;
      }
      case P.MONTH_SHORT:
      case P.MONTH_FULL:
        return this.#readMonth(kind === P.MONTH_SHORT, b, p, to);
      default:
        return -1;
    }
  }

  #readYear(isWhole: boolean, b: Uint8Array, p: number, to: number): number {
    if (p + (isWhole ? 4 : 2) > to) return -1;
    const first = digitPair(b, p);
    const second = isWhole ? digitPair(b, p + 2) : first;
    if (first > 99 || second > 99) return -1;
    this.#slots[P.WHOLE_YEAR] = isWhole ? first * 100 + second : first + (first < 69 ? 2000 : 1900);
    return p + (isWhole ? 4 : 2);
  }

  /** A fraction with its point may be missing. */
  #readFraction(point: number, b: Uint8Array, p: number, to: number): number {
    if (point !== 0) {
      if (p >= to || b[p] !== point) return p;
      p++;
    }
    const end = skipDigits(b, p, to);
    if (end === p) return -1;
    this.digits = b;
    this.digitsFrom = p;
    this.digitsTo = end;
    return end;
  }

  #readMonth(isShort: boolean, b: Uint8Array, p: number, to: number): number {
    for (let i = 0; i < MONTHS.length; i++) {
      const length = isShort ? 3 : MONTHS[i].length;
      let n = 0;
      while (n < length && p + n < to && (b[p + n] | 32) === MONTHS[i][n]) n++;
      if (n < length) continue;
      this.#slots[P.MONTH] = i + 1;
      return p + length;
    }
    return -1;
  }
}

/** How many steps in front read year, month and day, each of a length of its own and no time among them; 0 for none. */
function dateSteps(steps: P.Pattern["steps"]): number {
  let numbers = 0;
  for (const [i, { kind, argument }] of steps.entries()) {
    if (lengthOf(kind) === 0 || (kind === P.TWO_DIGITS && argument > P.DAY)) return 0;
    if (kind !== P.BYTE && ++numbers === 3) return i + 1;
  }
  return 0;
}

/** Bytes that a step always reads; 0 where it varies. */
function lengthOf(kind: number): number {
  if (kind === P.BYTE) return 1;
  if (kind === P.YEAR) return 4;
  return kind === P.TWO_DIGITS || kind === P.YEAR_OF_CENTURY ? 2 : 0;
}

/** Behind letters of ASCII or of any other alphabet, and a point that shortens them. */
function lettersEnd(b: Uint8Array, p: number, to: number): number {
  const start = p;
  while (p < to && (b[p] > 127 || ((b[p] | 32) >= 97 && (b[p] | 32) <= 122))) p++;
  return p > start && p < to && b[p] === 46 ? p + 1 : p;
}

/** Behind one blank or more: tab, space, no-break (U+00A0), thin (U+2009), narrow no-break (U+202F); -1 for none. */
function blanksEnd(b: Uint8Array, p: number, to: number): number {
  const start = p;
  while (p < to) {
    if (b[p] === 32 || b[p] === 9) p++;
    else if (b[p] === 0xc2 && p + 1 < to && b[p + 1] === 0xa0) p += 2;
    else if (b[p] === 0xe2 && p + 2 < to && b[p + 1] === 0x80 && (b[p + 2] === 0x89 || b[p + 2] === 0xaf)) p += 3;
    else break;
  }
  return p > start ? p : -1;
}
