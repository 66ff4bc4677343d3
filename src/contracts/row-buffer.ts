import type { Arena } from "../pipeline/arena.ts";
import { moveDigits, type NumberStyle } from "./fields/digits.ts";

const [COMMA, QUOTE, LF, CR] = [44, 34, 10, 13];

/** What is the same in all rows of a measure: between its timestamp and its value, and behind that, line end included. */
export interface Stamp {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** Rows of the data contract on their way into an arena: what is written here first, goes there as far as there is room. */
export class RowBuffer {
  bytes: Buffer = Buffer.allocUnsafe(64 * 1024);
  /** `bytes[from..to)` is still to go. */
  to = 0;
  /** Line ends so far, those inside quotes included, as the scanner counts them. */
  lines = 0;
  #from = 0;

  get length(): number {
    return this.to - this.#from;
  }

  /** Makes room for so many more bytes. */
  reserve(more: number): void {
    if (this.to + more <= this.bytes.length) return;
    const rest = this.length;
    const larger = rest + more > this.bytes.length / 2 ? Buffer.allocUnsafe(2 * (rest + more)) : this.bytes;
    this.bytes.copy(larger, 0, this.#from, this.to);
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

  /**
   * Adds a row whose value is `b[from..to)`: what is stamped around it is copied as it is. False, and nothing is added, for
   * what is no value of this style.
   */
  addStamped(
    time: Uint8Array,
    timeLength: number,
    { head, tail }: Stamp,
    b: Uint8Array,
    from: number,
    to: number,
    numbers: NumberStyle,
  ): boolean {
    this.reserve(timeLength + head.length + (to - from) + 1 + tail.length);
    const out = this.bytes;
    let p = this.to;
    for (let i = 0; i < timeLength; i++) out[p++] = time[i];
    for (let i = 0; i < head.length; i++) out[p++] = head[i];
    p = moveDigits(b, from, to, numbers, out, p);
    if (p < 0) return false;
    for (let i = 0; i < tail.length; i++) out[p++] = tail[i];
    this.to = p;
    this.lines++;
    return true;
  }

  /** Takes all that is still to go out, as bytes of their own. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.length);
    taken.set(this.bytes.subarray(this.#from, this.to));
    this.#from = 0;
    this.to = 0;
    return taken;
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

function needsQuotes(b: Uint8Array, from: number, to: number): boolean {
  if (from === to) return false;
  if (b[from] <= 32 || b[to - 1] <= 32) return true;
  for (let p = from; p < to; p++) {
    const c = b[p];
    if (c <= COMMA && (c === COMMA || c === QUOTE || c === LF || c === CR)) return true;
  }
  return false;
}
