import type { Origin } from "../pipeline/source.ts";
import type { Frame } from "./frames/frame.ts";

/** Numbers of a record: the line and the offset, in the text of all rows, of the first row that was made of it; its line and offset in the source; where its bytes begin and end; why the source itself rejects all that was made of it, or 0; and of a run of records that stand on lines of their own, of which those are the first one's numbers, how many rows were made of each, else 0. */
const NUMBERS = 8;

const [LF, CR] = [10, 13];
const NOTHING = new Uint8Array(0);

/** Of {@link Origins}: numbers, and from which record on the bytes are in which buffer. */
export interface HandedOrigins {
  readonly numbers: Float64Array;
  readonly buffers: readonly { readonly from: number; readonly buffer: SharedArrayBuffer }[];
}

/** The first of records that stand on lines of their own: its line, and where it begins in the source and in its buffer. */
export interface RunStart {
  readonly line: number;
  readonly byteOffset: number;
  readonly b: Uint8Array;
  readonly start: number;
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
  /** Of a run, by its first row's line: how many of its records lie in front of one, and where that begins. */
  readonly #passed = { run: 0, records: 0, start: 0 };

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
    n[p++] = reason;
    n[p] = 0;
    this.#bytes[this.#end++] = frame.b;
  }

  /** The same of a run of records, of each of which so many rows were made and none is rejected by the source. */
  addRun(madeLine: number, madeOffset: number, { line, byteOffset, b, start }: RunStart, rows: number): void {
    this.#reserve(1);
    this.#numbers.set([madeLine, madeOffset, line, byteOffset, start, start, 0, rows], this.#end * NUMBERS);
    this.#bytes[this.#end++] = b;
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
    if (n[p + 7] > 0) return this.#inRun(p, b, reason, madeLine);
    const own = n[p + 6];
    return { reason: own === 0 ? reason : own, line: n[p + 2], byteOffset: n[p + 3], b, from: n[p + 4], to: n[p + 5] };
  }

  /** Records of a run were not written down: their lines are counted where somebody asks, and rows are asked for in order. */
  #inRun(p: number, b: Uint8Array, reason: number, madeLine: number): Origin {
    const [run, , line, byteOffset, first, , , rows] = this.#numbers.subarray(p, p + NUMBERS);
    const passed = this.#passed;
    if (passed.run !== run) Object.assign(passed, { run, records: 0, start: first });
    const records = Math.floor((madeLine - run) / rows);
    for (; passed.records < records; passed.records++) passed.start = b.indexOf(LF, passed.start) + 1;
    const from = passed.start;
    const lineEnd = b.indexOf(LF, from);
    const to = b[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    return { reason, line: line + records, byteOffset: byteOffset + from - first, b, from, to };
  }

  /** Its bytes may be a megabyte, and a thousand records of it are seldom reserved anew. */
  #leave(): void {
    this.#bytes[this.#at++] = NOTHING;
  }

  /** All that is kept, for another thread; nothing is, from then on. `toSource` says where an offset of the text is in the object. */
  handOver(toSource: (textOffset: number) => number): HandedOrigins {
    const numbers = this.#numbers.slice(this.#at * NUMBERS, this.#end * NUMBERS);
    for (let p = 0; p < numbers.length; p += NUMBERS) {
      const { byteOffset } = this.#bytes[this.#at + p / NUMBERS];
      numbers[p + 3] = toSource(numbers[p + 3]);
      numbers[p + 4] += byteOffset;
      numbers[p + 5] += byteOffset;
    }
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
