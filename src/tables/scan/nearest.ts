import type { Instant } from "../../pipeline/instant.ts";
import { compareReadings, type Direction, keyOfReading, type Position, placeOfReading } from "./position.ts";
import { compareInstants, type TableReading } from "./reading.ts";
import { meet, type Span } from "./units.ts";

/** What of the table is asked for. */
export interface PageQuery {
  /** Null: any. */
  readonly device: string | null;
  /** From this instant, before that one. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly direction: Direction;
  /** Readings at most. */
  readonly limit: number;
  /** Where the page before ended. */
  readonly after: Position | null;
  /** About what the readings may come to as JSON, but for one: the page is shorter then. */
  readonly maxBytes: number;
}

/** A page, and where the next one begins; null where there is none. */
export interface Page {
  readonly readings: readonly TableReading[];
  readonly next: Position | null;
}

/** About what a reading is as JSON beside its texts. */
const ROW_BYTES = 160;

/**
 * Keeps of all readings that it is offered the nearest behind where the page before ended: as many as a page needs to know
 * whether there is a next one, and as large as a page may be. More are never in memory than twice that.
 */
export class Nearest {
  readonly #query: PageQuery;
  #kept: TableReading[] = [];
  #bytes = 0;
  /** Nothing behind this is wanted any more. */
  #bound: Instant | null = null;
  /** Those that are equal to the last one of the page before: how many, and one of them. */
  #equals = 0;
  #equal: TableReading | null = null;

  constructor(query: PageQuery) {
    this.#query = query;
  }

  /** The time that readings are still wanted of. */
  span(): Span {
    const { from, to, direction, after } = this.#query;
    const first = from?.ms ?? Number.NEGATIVE_INFINITY;
    const last = to === null ? Number.POSITIVE_INFINITY : to.nanos === 0 ? to.ms - 1 : to.ms;
    const [near, far] = [after === null ? undefined : nearestMs(after, direction), this.#bound?.ms];
    const [low, high] = direction === 1 ? [near, far] : [far, near];
    return meet([first, last], [low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY]);
  }

  /** Whether a reading of this instant may be wanted. */
  wants(at: Instant): boolean {
    const { from, to, direction, after } = this.#query;
    if (from !== null && compareInstants(at, from) < 0) return false;
    if (to !== null && compareInstants(at, to) >= 0) return false;
    if (after !== null && direction * compareInstants(at, after) < 0) return false;
    return this.#bound === null || direction * compareInstants(at, this.#bound) <= 0;
  }

  /** As many of the nearest are wanted at most, beside those that {@link isPassed} says. */
  get capacity(): number {
    return this.#query.limit + 1;
  }

  /** Whether a reading of this instant may have been given by the page before. */
  readonly isPassed = (at: Instant): boolean => {
    const { after } = this.#query;
    return after !== null && compareInstants(at, after) === 0;
  };

  /** The nearest first. */
  readonly compare = (a: Instant, b: Instant): number => this.#query.direction * compareInstants(a, b);

  /** How many there are for the page. */
  get count(): number {
    return this.#kept.length + this.#left();
  }

  offer(reading: TableReading): void {
    const { after, direction } = this.#query;
    const place = after === null ? 1 : placeOfReading(reading, after, direction);
    if (place < 0) return;
    if (place === 0) {
      this.#equals++;
      this.#equal = reading;
      return;
    }
    this.#kept.push(reading);
    this.#bytes += sizeOf(reading);
    if (this.#kept.length >= 2 * this.capacity || this.#bytes >= 2 * this.#query.maxBytes) this.#compact();
  }

  /** The page of all that was offered. */
  page(): Page {
    this.#compact();
    const { limit, maxBytes, after } = this.#query;
    const equals =
      this.#equal === null ? [] : new Array<TableReading>(Math.min(this.#left(), limit + 1)).fill(this.#equal);
    const all = [...equals, ...this.#kept];
    let [count, bytes] = [0, 0];
    while (count < Math.min(all.length, limit)) {
      bytes += sizeOf(all[count]);
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    const readings = all.slice(0, count);
    const last = readings.at(-1);
    if (last === undefined || count === all.length) return { readings, next: null };
    const { ms, nanos, ...key } = keyOfReading(last);
    const same = readings.length - readings.findIndex((one) => compareReadings(one, last) === 0);
    const before = last === this.#equal ? (after?.last?.copies ?? 0) : 0;
    return { readings, next: { ms, nanos, last: { ...key, copies: before + same } } };
  }

  /** Equals of the last reading that were not given yet. */
  #left(): number {
    return Math.max(0, this.#equals - (this.#query.after?.last?.copies ?? 0));
  }

  #compact(): void {
    const { direction, maxBytes } = this.#query;
    this.#kept.sort((a, b) => direction * compareReadings(a, b));
    let [count, bytes] = [0, 0];
    while (count < Math.min(this.#kept.length, this.capacity)) {
      bytes += sizeOf(this.#kept[count]);
      count++;
      // One more than the page holds, to know that there is one.
      if (bytes > maxBytes && count > 1) break;
    }
    const isFull = count === this.capacity || count < this.#kept.length;
    this.#kept.length = count;
    this.#bytes = bytes;
    if (isFull) this.#bound = this.#kept[count - 1];
  }
}

/**
 * The first millisecond that something behind a position can be of. Behind the end of a day that is one of the next day: else
 * a page that ends with a day would be followed by the same one for ever.
 */
function nearestMs({ ms, nanos, last }: Position, direction: Direction): number {
  const isPassed = last === null && nanos === (direction === 1 ? 999_999 : 0);
  return isPassed ? ms + direction : ms;
}

function sizeOf({ device, unit, batch, carried }: TableReading): number {
  let size = ROW_BYTES + lengthOf(device) + lengthOf(unit) + lengthOf(batch);
  for (const [name, text] of Object.entries(carried)) size += lengthOf(name) + lengthOf(text) + 6;
  return size;
}

/** Of a text as JSON, in UTF-8, at least; what has to be escaped is rare. */
function lengthOf(text: string | null): number {
  return text === null ? 4 : Buffer.byteLength(text, "utf8");
}
