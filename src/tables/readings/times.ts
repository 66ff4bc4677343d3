import { epochMillis } from "../../pipeline/timestamp.ts";
import { dayOf } from "../days/day.ts";

/** Bytes of `2025-12-27T10:30`. */
const MINUTE = 16;

/**
 * Instants of timestamps that are written with date and time, which the scanner has told to be some: readings come in order, so that
 * most are of the minute that the last one was of, and only what is behind it has to be read. The same as `epochMillis`.
 */
export class Times {
  /** Of the timestamp that was read last: milliseconds since the epoch. */
  millis = 0;
  /** What is below the millisecond, 0 to 999,999; the digits beyond are cut. */
  nanos = 0;
  /** See `layout.ts`. */
  day = 0;
  /** The minute as it was written, and a byte that ends it. */
  readonly #text = new Uint8Array(MINUTE + 1);
  readonly #view = new DataView(this.#text.buffer);
  #minute = 0;
  #dayOfMinute = 0;

  /** Reads `b[from..to)`, which `view` shows, too. */
  read(view: DataView, b: Uint8Array, from: number, to: number): void {
    const text = this.#view;
    const isSame =
      view.getInt32(from + 12) === text.getInt32(12) &&
      view.getInt32(from + 8) === text.getInt32(8) &&
      view.getInt32(from + 4) === text.getInt32(4) &&
      view.getInt32(from) === text.getInt32(0);
    if (!isSame) this.#begin(b, from);
    let p = from + MINUTE;
    let rest = 0;
    let below = 0;
    if (p < to && b[p] === 58) {
      rest = ((b[p + 1] ^ 48) * 10 + (b[p + 2] ^ 48)) * 1000;
      p += 3;
      if (p < to && b[p] === 46) {
        let weight = 100_000_000;
        for (let digit = b[++p] ^ 48; digit < 10; digit = b[++p] ^ 48) {
          below += digit * weight;
          weight = (weight / 10) | 0;
        }
      }
    }
    const millis = (below / 1_000_000) | 0;
    this.nanos = below - millis * 1_000_000;
    if (p === to || b[p] === 90) {
      this.millis = this.#minute + rest + millis;
      this.day = this.#dayOfMinute;
      return;
    }
    // An offset.
    this.millis = epochMillis(b, from, to);
    this.day = dayOf(this.millis);
  }

  #begin(b: Uint8Array, from: number): void {
    this.#text.set(b.subarray(from, from + MINUTE));
    this.#minute = epochMillis(this.#text, 0, MINUTE);
    this.#dayOfMinute = dayOf(this.#minute);
  }
}
