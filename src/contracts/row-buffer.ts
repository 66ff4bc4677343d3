import type { Arena } from "../pipeline/arena.ts";
import { viewOf } from "../pipeline/devices.ts";
import { moveDigits, type NumberStyle } from "./fields/digits.ts";

const [COMMA, QUOTE, LF, CR] = [44, 34, 10, 13];

const LEAST_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** A few bytes that are copied often, eight at a time: behind them there is room for seven more. */
export class Words {
  readonly bytes: Buffer;
  length = 0;
  readonly view: DataView;

  constructor(capacity: number) {
    // Of the pool where it is small: of measures there may be many.
    this.bytes = Buffer.allocUnsafe(capacity + 7);
    this.view = viewOf(this.bytes);
  }

  get capacity(): number {
    return this.bytes.length - 7;
  }

  static of(bytes: Uint8Array): Words {
    const words = new Words(bytes.length);
    words.bytes.set(bytes);
    words.length = bytes.length;
    return words;
  }

  /** Adds some behind, for which there is room. */
  add(words: Words): void {
    copyWords(words, this.view, this.length);
    this.length += words.length;
  }
}

/** What is the same in all rows of a measure. */
export interface Stamp {
  /** Behind the timestamp: a comma, and the id up to the cell of this column; -1: nothing of it. */
  readonly before: Words;
  readonly column: number;
  /** Behind that: the rest of the id, and a comma. */
  readonly after: Words;
  /** Behind the value, line end included. */
  readonly tail: Words;
}

/** Rows of the data contract on their way into an arena: what is written here first, goes there as far as there is room. */
export class RowBuffer {
  bytes: Buffer = NOTHING;
  #view: DataView = viewOf(NOTHING);
  /** `bytes[from..to)` is still to go. */
  to = 0;
  /** Line ends so far, those inside quotes included, as the scanner counts them. */
  lines = 0;
  #from = 0;
  readonly #allocate: (bytes: number) => Buffer;
  readonly #least: number;

  /** `allocate` gives room for rows, `least` bytes or more. */
  constructor(allocate: (bytes: number) => Buffer = Buffer.allocUnsafe, least = LEAST_BYTES) {
    this.#allocate = allocate;
    this.#least = least;
  }

  get length(): number {
    return this.to - this.#from;
  }

  /** Makes room for so many more bytes. */
  reserve(more: number): void {
    if (this.to + more <= this.bytes.length) return;
    const rest = this.length;
    const isLarge = rest + more > this.bytes.length / 2;
    const larger = isLarge ? this.#allocate(Math.max(this.#least, 2 * (rest + more))) : this.bytes;
    this.bytes.copy(larger, 0, this.#from, this.to);
    if (larger !== this.bytes) this.#view = viewOf(larger);
    this.bytes = larger;
    this.#from = 0;
    this.to = rest;
  }

  /** Adds bytes as they are. */
  add(b: Uint8Array, from = 0, to = b.length): void {
    this.reserve(to - from);
    for (let p = from; p < to; p++) this.bytes[this.to++] = b[p];
  }

  /** Adds a field, quoted where it has to be (RFC 4180 §2.6), and around blanks at its ends, which would be left out. */
  addField(b: Uint8Array, from: number, to: number): void {
    if (!needsQuotes(b, from, to)) {
      this.add(b, from, to);
      return;
    }
    this.reserve(2 * (to - from) + 2);
    this.bytes[this.to++] = QUOTE;
    for (let p = from; p < to; p++) {
      if (b[p] === QUOTE) this.bytes[this.to++] = QUOTE;
      if (b[p] === LF || (b[p] === CR && (p + 1 === to || b[p + 1] !== LF))) this.lines++;
      this.bytes[this.to++] = b[p];
    }
    this.bytes[this.to++] = QUOTE;
  }

  /** Adds a few bytes, for which, and for seven more, there is room. */
  addWords(words: Words): void {
    copyWords(words, this.#view, this.to);
    this.to += words.length;
  }

  /**
   * Ends a row that was added with {@link addWords}: with the value `b[from..to)` and what stands behind it. False for what is no
   * value of this style: then the row is taken back.
   */
  endStamped(b: Uint8Array, from: number, to: number, numbers: NumberStyle, tail: Words, rowStart: number): boolean {
    const p = moveDigits(b, from, to, numbers, this.bytes, this.to);
    if (p < 0) {
      this.to = rowStart;
      return false;
    }
    this.to = p;
    this.addWords(tail);
    this.lines++;
    return true;
  }

  /** Takes all that is still to go out, in the room where it is: what is written next has another. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(this.#from, this.to);
    this.bytes = NOTHING;
    this.#view = viewOf(NOTHING);
    this.#from = 0;
    this.to = 0;
    return taken;
  }

  /** Others have written so many lines behind what was there, up to that byte of `bytes`. */
  wrote(lines: number, to: number): void {
    this.lines += lines;
    this.to = to;
  }

  /** Takes back what was added since there were so many bytes and lines. */
  cut(length: number, lines: number): void {
    this.to = this.#from + length;
    this.lines = lines;
  }

  comma(): void {
    this.reserve(1);
    this.bytes[this.to++] = COMMA;
  }

  endRow(): void {
    this.reserve(1);
    this.bytes[this.to++] = LF;
    this.lines++;
  }

  /** Moves what fits behind what is in the arena. Returns how many bytes that were. */
  moveTo(arena: Arena): number {
    const moved = Math.min(this.length, arena.inputEnd - arena.end);
    arena.end += this.bytes.copy(arena.b, arena.end, this.#from, this.#from + moved);
    this.#from += moved;
    if (this.#from === this.to) {
      this.#from = 0;
      this.to = 0;
    }
    return moved;
  }
}

function copyWords({ view, length }: Words, out: DataView, at: number): void {
  for (let i = 0; i < length; i += 8) {
    out.setInt32(at + i, view.getInt32(i));
    out.setInt32(at + i + 4, view.getInt32(i + 4));
  }
}

/** Whether a field has to stand in quotes, or has blanks at its ends. */
export function needsQuotes(b: Uint8Array, from: number, to: number): boolean {
  if (from === to) return false;
  if (b[from] <= 32 || b[to - 1] <= 32) return true;
  for (let p = from; p < to; p++) {
    const c = b[p];
    if (c <= COMMA && (c === COMMA || c === QUOTE || c === LF || c === CR)) return true;
  }
  return false;
}
