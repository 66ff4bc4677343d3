import { isAscii } from "node:buffer";
import { viewOf } from "../../../pipeline/devices.ts";
import type { Pull } from "../../../pipeline/source.ts";
import { roomFor } from "../room.ts";

const CHUNK_BYTES = 256 * 1024;
/** Less room than that is not pulled into. */
const MIN_ROOM = 16 * 1024;

/** Stands behind the bytes at hand: no byte of UTF-8, so that whatever is read ends there. */
export const NOTHING = 255;

/** Where in a text something is. */
export interface TextPlace {
  readonly line: number;
  /** Of the line, 1-based. */
  readonly character: number;
  readonly byteOffset: number;
}

/** The part of a text that is at hand, and where in it what is read begins. */
export class Window {
  /** The text at hand is `b[1..end)`, with the byte before it in front and {@link NOTHING} behind. */
  b: Buffer = Buffer.of(0, NOTHING);
  view: DataView = viewOf(this.b);
  end = 1;
  /** Nothing follows. */
  isFinal = false;
  /** Bytes pulled. */
  size = 0;
  /** Of `b[0]` in the text. */
  offset = -1;
  line = 1;
  /** Where it begins; below 1 where that is gone. */
  lineStart = 1;
  /** Up to where it is read; the record at hand; where the document at hand begins. */
  p = 1;
  recordStart = 1;
  recordEnd = 1;
  start = 1;
  #startLine = 1;
  #startLineStart = 1;
  readonly #pull: Pull;
  /** In the part of the line that is gone, the bytes that are not the first of their characters. */
  #continued = 0;

  constructor(pull: Pull) {
    this.#pull = pull;
  }

  get isFull(): boolean {
    return this.b.length - 1 - this.end < MIN_ROOM;
  }

  /** A document begins at `p`. */
  begin(): void {
    this.start = this.p;
    this.#startLine = this.line;
    this.#startLineStart = this.lineStart;
  }

  /** Back to where the document begins. */
  rewind(): void {
    this.p = this.start;
    this.line = this.#startLine;
    this.lineStart = this.#startLineStart;
  }

  /** So many lines were read elsewhere, each a document and its record; the last is `b[from..to)`. */
  pass(lines: number, from: number, to: number): void {
    this.line += lines;
    this.lineStart = from;
    this.recordStart = from;
    this.recordEnd = to;
    this.p = from;
    this.begin();
    this.p = to;
  }

  get startLine(): number {
    return this.#startLine;
  }

  /** Brings more bytes in behind those at hand. */
  pull(): void | Promise<void> {
    const pulled = this.#pull(this.b.subarray(this.end, this.b.length - 1));
    return typeof pulled === "number" ? this.#took(pulled) : pulled.then((bytes) => this.#took(bytes));
  }

  #took(bytes: number): void {
    this.size += bytes;
    this.end += bytes;
    this.b[this.end] = NOTHING;
    if (bytes === 0) this.isFinal = true;
  }

  /**
   * Takes what stands from `kept` on into a buffer of its own, so that bytes that somebody else has kept stay. `isAhead`: all
   * that is asked for is where the document begins, and behind it.
   */
  move(kept: number, isAhead: boolean): void {
    const lineStart = isAhead ? this.#startLineStart : this.lineStart;
    const continued = continuedBytes(this.b, Math.max(1, lineStart), kept);
    this.#continued = lineStart >= 1 ? continued : this.#continued + continued;
    const from = kept - 1;
    const rest = this.end - from;
    const next = roomFor(Math.max(rest + CHUNK_BYTES, 2 * rest) + 1);
    this.b.copy(next, 0, from, this.end);
    next[rest] = NOTHING;
    this.b = next;
    this.view = viewOf(next);
    this.end = rest;
    this.offset += from;
    this.p -= from;
    this.recordStart -= from;
    this.recordEnd -= from;
    this.start -= from;
    this.lineStart -= from;
    this.#startLineStart -= from;
  }

  /** Where white space ends, counting lines, or where the line does. */
  blanks(p: number, isOneLine: boolean): number {
    const { b } = this;
    for (; ; p++) {
      const c = b[p];
      if (c === 32 || c === 9) continue;
      if (isOneLine || (c !== 10 && c !== 13)) return p;
      if (c === 13 || b[p - 1] !== 13) this.line++;
      this.lineStart = p + 1;
    }
  }

  /** Where the line ends on which `p` is, or the text. */
  lineEnd(p: number): number {
    const { b, end } = this;
    while (p < end && b[p] !== 10 && b[p] !== 13) p++;
    return p;
  }

  /** Where on its line something is. */
  placeOf(at: number): TextPlace {
    const { b, line, lineStart, offset } = this;
    const gone = lineStart >= 1 ? 0 : this.#continued;
    const continued = gone + continuedBytes(b, Math.max(1, lineStart), at);
    return { line, character: at - lineStart - continued + 1, byteOffset: offset + at };
  }

  /** Whether there may be more of the character at `at`. */
  isCut(at: number): boolean {
    const c = at < this.end ? this.b[at] : 0xff;
    return !this.isFinal && at + (c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4) > this.end;
  }

  /** The character at `at`; "" at the end of the text. */
  characterAt(at: number): string {
    const [found = ""] = this.b.toString("utf8", at, Math.min(at + 4, this.end));
    return found;
  }
}

/** How many bytes are not the first of their characters. */
function continuedBytes(b: Buffer, from: number, to: number): number {
  if (to <= from || isAscii(b.subarray(from, to))) return 0;
  let bytes = 0;
  for (let p = from; p < to; p++) if ((b[p] & 0xc0) === 0x80) bytes++;
  return bytes;
}
