import type { Origin } from "../pipeline/source.ts";

/** Of one record of a source: where its made rows begin, and what has to be told of one of them that is rejected. */
export interface KeptRow {
  /** The line and the offset, in the text of all rows, of the first row that was made of it. */
  readonly madeLine: number;
  readonly madeOffset: number;
  readonly line: number;
  readonly byteOffset: number;
  /** Its bytes: `b[from..to)`. */
  readonly b: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Why the source itself rejects all that was made of it; 0 where it does not. */
  readonly reason: number;
}

/** Numbers of a record: all of {@link KeptRow} but its bytes. */
const NUMBERS = 7;

/**
 * Where made rows came from, for as long as they may be asked for: rows are asked for in the order in which they were made.
 * There is one for each record of a source, so they are kept as numbers side by side.
 */
export class Origins {
  #numbers = new Float64Array(1024 * NUMBERS);
  readonly #bytes: Uint8Array[] = [];
  /** Records `#at` to `#end` are kept; those before are let go when room is needed. */
  #at = 0;
  #end = 0;

  add({ madeLine, madeOffset, line, byteOffset, b, from, to, reason }: KeptRow): void {
    this.#reserve();
    const n = this.#numbers;
    let p = this.#end * NUMBERS;
    n[p++] = madeLine;
    n[p++] = madeOffset;
    n[p++] = line;
    n[p++] = byteOffset;
    n[p++] = from;
    n[p++] = to;
    n[p] = reason;
    this.#bytes[this.#end++] = b;
  }

  /** Lets go of rows that end at or before this offset of the text of all rows. */
  release(madeOffset: number): void {
    const n = this.#numbers;
    while (this.#at + 1 < this.#end && n[(this.#at + 1) * NUMBERS + 1] <= madeOffset) this.#at++;
  }

  /** The offset in the source of the oldest record that is kept; null where none is. */
  get oldest(): number | null {
    return this.#at === this.#end ? null : this.#numbers[this.#at * NUMBERS + 3];
  }

  of(reason: number, madeLine: number): Origin {
    const n = this.#numbers;
    while (this.#at + 1 < this.#end && n[(this.#at + 1) * NUMBERS] <= madeLine) this.#at++;
    const p = this.#at * NUMBERS;
    if (this.#at === this.#end || n[p] > madeLine) throw new Error(`nothing was made into line ${madeLine}`);
    const b = this.#bytes[this.#at];
    const own = n[p + 6];
    return { reason: own === 0 ? reason : own, line: n[p + 2], byteOffset: n[p + 3], b, from: n[p + 4], to: n[p + 5] };
  }

  #reserve(): void {
    if ((this.#end + 1) * NUMBERS <= this.#numbers.length) return;
    const kept = this.#numbers.subarray(this.#at * NUMBERS, this.#end * NUMBERS);
    const isRoomy = kept.length * 2 <= this.#numbers.length;
    const next = isRoomy ? this.#numbers : new Float64Array(this.#numbers.length * 2);
    next.set(kept);
    this.#numbers = next;
    this.#bytes.splice(0, this.#at);
    this.#end -= this.#at;
    this.#at = 0;
  }
}
