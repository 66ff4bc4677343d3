import { skipDigits } from "../../pipeline/decimal.ts";
import type { CellReader } from "./cell-reader.ts";

/** Digits of a second in each unit of `unix:…`. */
export const UNIX_UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 0],
  ["ms", 3],
  ["us", 6],
  ["ns", 9],
]);

/** More seconds have no year of four digits. */
const MAX_SECONDS_DIGITS = 12;

/** Seconds, milliseconds … since the epoch, whole or decimal: `-?\d+(\.\d+)?`. The point is moved among the digits. */
export class UnixReader implements CellReader {
  local = 0;
  readonly offset = 0;
  digits = new Uint8Array(64);
  readonly digitsFrom = 0;
  digitsTo = 0;
  readonly isCanonical = false;
  readonly #scale: number;

  /** `scale`: see {@link UNIX_UNITS}. */
  constructor(scale: number) {
    this.#scale = scale;
  }

  read(b: Uint8Array, from: number, to: number): boolean {
    const isNegative = from < to && b[from] === 45;
    let first = isNegative ? from + 1 : from;
    const point = skipDigits(b, first, to);
    if (point === first) return false;
    if (point < to && (b[point] !== 46 || point + 1 === to || skipDigits(b, point + 1, to) !== to)) return false;
    while (first < point - 1 && b[first] === 48) first++;
    const secondsEnd = Math.max(first, point - this.#scale);
    if (secondsEnd - first > MAX_SECONDS_DIGITS) return false;
    let seconds = 0;
    for (let p = first; p < secondsEnd; p++) seconds = seconds * 10 + b[p] - 48;
    this.#takeFraction(b, secondsEnd, point, to);
    this.local = isNegative ? 0 - seconds - (this.#complement() ? 1 : 0) : seconds;
    return true;
  }

  /** The last digits in front of the point, as many as the unit has of a second, and all behind it. */
  #takeFraction(b: Uint8Array, from: number, point: number, to: number): void {
    if (this.digits.length < this.#scale + to - from) this.digits = new Uint8Array(2 * (this.#scale + to - from));
    let n = 0;
    while (n < this.#scale - (point - from)) this.digits[n++] = 48;
    for (let p = from; p < point; p++) this.digits[n++] = b[p];
    for (let p = point + 1; p < to; p++) this.digits[n++] = b[p];
    this.digitsTo = n;
  }

  /** Makes the fraction what is left to the next second; false where it is 0, and stays so. */
  #complement(): boolean {
    let last = this.digitsTo - 1;
    while (last >= 0 && this.digits[last] === 48) last--;
    if (last < 0) return false;
    for (let p = 0; p < last; p++) this.digits[p] = 57 - (this.digits[p] - 48);
    this.digits[last] = 58 - (this.digits[last] - 48);
    return true;
  }
}
