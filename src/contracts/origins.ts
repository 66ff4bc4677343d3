import type { Origin } from "../pipeline/source.ts";
import type { Frame } from "./frames/frame.ts";

/** Numbers of a record: the line and the offset, in the text of all rows, of the first row that was made of it; its line and offset in the source; where its bytes begin and end; why the source itself rejects all that was made of it, or 0. */
const NUMBERS = 7;

const NOTHING = new Uint8Array(0);

/** Of {@link Origins}: numbers, and from which record on the bytes are in which buffer. */
export interface HandedOrigins {
  readonly numbers: Float64Array;
  readonly buffers: readonly { readonly from: number; readonly buffer: SharedArrayBuffer }[];
}

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

  add(madeLine: number, madeOffset: number, frame: Frame, reason: number): void {
    this.#reserve(1);
    const n = this.#numbers;
    let p = this.#end * NUMBERS;
    n[p++] = madeLine;
    n[p++] = madeOffset;
    n[p++] = frame.line;
    n[p++] = frame.byteOffset;
    n[p++] = frame.start;
    n[p++] = frame.end;
    n[p] = reason;
    this.#bytes[this.#end++] = frame.b;
  }

  /** Lets go of rows that end at or before this offset of the text of all rows. */
  release(madeOffset: number): void {
    const n = this.#numbers;
    while (this.#at + 1 < this.#end && n[(this.#at + 1) * NUMBERS + 1] <= madeOffset) this.#leave();
  }

  /** The offset in the source of the oldest record that is kept; null where none is. */
  get oldest(): number | null {
    return this.#at === this.#end ? null : this.#numbers[this.#at * NUMBERS + 3];
  }

  of(reason: number, madeLine: number): Origin {
    const n = this.#numbers;
    while (this.#at + 1 < this.#end && n[(this.#at + 1) * NUMBERS] <= madeLine) this.#leave();
    const p = this.#at * NUMBERS;
    if (this.#at === this.#end || n[p] > madeLine) throw new Error(`nothing was made into line ${madeLine}`);
    const b = this.#bytes[this.#at];
    const own = n[p + 6];
    return { reason: own === 0 ? reason : own, line: n[p + 2], byteOffset: n[p + 3], b, from: n[p + 4], to: n[p + 5] };
  }

  /** Its bytes may be a megabyte, and a thousand records of it are seldom reserved anew. */
  #leave(): void {
    this.#bytes[this.#at++] = NOTHING;
  }

  /** All that is kept, for another thread; nothing is, from then on. `toSource` says where an offset of the text is in the object. */
  handOver(toSource: (textOffset: number) => number): HandedOrigins {
    const numbers = this.#numbers.slice(this.#at * NUMBERS, this.#end * NUMBERS);
    for (let p = 3; p < numbers.length; p += NUMBERS) numbers[p] = toSource(numbers[p]);
    const buffers: { from: number; buffer: SharedArrayBuffer }[] = [];
    for (let i = this.#at; i < this.#end; i++) {
      const buffer = this.#bytes[i].buffer as SharedArrayBuffer;
      if (buffers.at(-1)?.buffer !== buffer) buffers.push({ from: i - this.#at, buffer });
    }
    this.#bytes.length = 0;
    this.#at = 0;
    this.#end = 0;
    return { numbers, buffers };
  }

  /** Takes what another has handed over. */
  take({ numbers, buffers }: HandedOrigins): void {
    const records = numbers.length / NUMBERS;
    this.#reserve(records);
    this.#numbers.set(numbers, this.#end * NUMBERS);
    for (const [i, { from, buffer }] of buffers.entries()) {
      const view = new Uint8Array(buffer);
      const to = buffers[i + 1]?.from ?? records;
      for (let record = from; record < to; record++) this.#bytes[this.#end++] = view;
    }
  }

  #reserve(records: number): void {
    if ((this.#end + records) * NUMBERS <= this.#numbers.length) return;
    const kept = this.#numbers.subarray(this.#at * NUMBERS, this.#end * NUMBERS);
    const wanted = kept.length + records * NUMBERS;
    const next = wanted * 2 <= this.#numbers.length ? this.#numbers : new Float64Array(wanted * 2);
    next.set(kept);
    this.#numbers = next;
    this.#bytes.splice(0, this.#at);
    this.#end -= this.#at;
    this.#at = 0;
  }
}
