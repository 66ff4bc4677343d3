import type { VantageflowError } from "../../errors.ts";
import type { Pull } from "../../pipeline/source.ts";
import type { Encoding } from "./encodings.ts";
import { INCOMPLETE, NO_TEXT, type Step } from "./step.ts";
import type { TextOptions } from "./utf8.ts";

/** Bytes of the source that are held together. */
const BLOCK_BYTES = 64 * 1024;
/** Of the longest character of UTF-8, and of what may be pulled into directly. */
const MAX_WIDTH = 4;
const MIN_TARGET_BYTES = 16;

/** Source bytes `b[0..to)` that are decoded, whole characters, and where `b[0]` stands in the source. */
interface Block {
  readonly b: Buffer;
  to: number;
  readonly base: number;
}

/**
 * Turns bytes of an encoding into UTF-8, and offsets of that text back into those of the source. For the way back it reads
 * the source a second time, up to where it was asked: exact whatever the encoding, and nothing is written down for each
 * character. It holds the source from the last place that was asked for on.
 */
export class Decoder {
  readonly #pull: Pull;
  readonly #options: TextOptions;
  /** Bytes below it are characters of ASCII wherever a character begins. */
  readonly #plain: number;
  /** One reading of the encoding for the text, another for the way back. */
  readonly #step: Step;
  readonly #scratch = Buffer.alloc(MIN_TARGET_BYTES);
  #ready = this.#scratch.subarray(0, 0);
  /** The last of the blocks is being filled: `b[at..end)` of it is not decoded yet. */
  readonly #blocks: Block[] = [{ b: Buffer.allocUnsafeSlow(BLOCK_BYTES), to: 0, base: 0 }];
  #at = 0;
  #end = 0;
  #isStarted = false;
  #isFinal = false;
  #failure: VantageflowError | null = null;
  #textSize = 0;
  /** The way back: this offset of the text is `blocks[0].b[backAt]`. */
  readonly #backStep: Step;
  #backText = 0;
  #backAt = 0;

  constructor(pull: Pull, { open, isAsciiBased }: Encoding, options: TextOptions) {
    this.#plain = isAsciiBased ? 0x80 : 0;
    this.#pull = pull;
    this.#options = options;
    this.#step = open();
    this.#backStep = open();
  }

  /** Text before what is invalid is handed out before that is thrown. */
  pull(into: Uint8Array): number | Promise<number> {
    for (;;) {
      const bytes = this.#hand(into);
      if (bytes > 0) return bytes;
      if (this.#failure !== null) throw this.#failure;
      if (this.#isFinal) return 0;
      const pulled = this.#more();
      if (typeof pulled !== "number") return this.#later(pulled, into);
      this.#took(pulled);
    }
  }

  async #later(pulled: Promise<number>, into: Uint8Array): Promise<number> {
    this.#took(await pulled);
    return this.pull(into);
  }

  #hand(into: Uint8Array): number {
    if (this.#ready.length === 0) {
      if (into.length >= MIN_TARGET_BYTES) return this.#decode(into);
      this.#ready = this.#scratch.subarray(0, this.#decode(this.#scratch));
    }
    const bytes = this.#ready.copy(into);
    this.#ready = this.#ready.subarray(bytes);
    return bytes;
  }

  #more(): number | Promise<number> {
    const last = this.#blocks[this.#blocks.length - 1];
    if (this.#end < last.b.length) return this.#pull(last.b.subarray(this.#end));
    const b = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const rest = last.b.copy(b, 0, this.#at, this.#end);
    this.#blocks.push({ b, to: 0, base: last.base + this.#at });
    this.#at = 0;
    this.#end = rest;
    return this.#pull(b.subarray(rest));
  }

  #took(bytes: number): void {
    this.#end += bytes;
    this.#isFinal = bytes === 0;
    if (this.#isStarted || (!this.#isFinal && this.#end < this.#options.startBytes)) return;
    const [first] = this.#blocks;
    const skipped = this.#options.start(first.b.subarray(0, this.#end));
    this.#isStarted = true;
    if (typeof skipped !== "number") {
      this.#failure = skipped;
      return;
    }
    this.#at = skipped;
    this.#backAt = skipped;
  }

  #decode(into: Uint8Array): number {
    if (!this.#isStarted || this.#failure !== null) return 0;
    const last = this.#blocks[this.#blocks.length - 1];
    const { b } = last;
    const end = this.#end;
    const room = into.length - MAX_WIDTH;
    const step = this.#step;
    const plain = this.#plain;
    let at = this.#at;
    let to = 0;
    while (at < end && to <= room) {
      const byte = b[at];
      if (byte < plain) {
        into[to++] = byte;
        at++;
        continue;
      }
      const found = step(b, at, end);
      if (found < 0) {
        const isCutOff = found === INCOMPLETE;
        if (!isCutOff || this.#isFinal) this.#failure = this.#options.invalid(byte, last.base + at, isCutOff);
        break;
      }
      at += found & 7;
      const code = found >> 3;
      if (code < 0x80) into[to++] = code;
      else to = write(into, to, code);
    }
    this.#at = at;
    last.to = at;
    this.#textSize += to;
    return to;
  }

  /** See `Decoding.sourceOffset`. */
  sourceOffset(textOffset: number): number {
    if (textOffset < this.#backText || textOffset > this.#textSize) {
      throw new RangeError(`${textOffset} is not from ${this.#backText} to ${this.#textSize}, the text that is held`);
    }
    const step = this.#backStep;
    const plain = this.#plain;
    for (;;) {
      const { b, to, base } = this.#blocks[0];
      let at = this.#backAt;
      let text = this.#backText;
      while (at < to && text < textOffset) {
        if (b[at] < plain) {
          at++;
          text++;
          continue;
        }
        const found = step(b, at, to);
        const width = widthOf(found >> 3);
        if (text + width > textOffset) break;
        text += width;
        at += found & 7;
      }
      this.#backAt = at;
      this.#backText = text;
      if (at < to || text === textOffset) return base + at;
      this.#blocks.shift();
      this.#backAt = 0;
    }
  }
}

function widthOf(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : code === NO_TEXT ? 0 : 4;
}

/** Writes a character of two bytes and more; returns where it ends. */
function write(b: Uint8Array, at: number, code: number): number {
  if (code < 0x800) {
    b[at] = 0xc0 | (code >> 6);
    b[at + 1] = 0x80 | (code & 0x3f);
    return at + 2;
  }
  if (code < 0x10000) {
    b[at] = 0xe0 | (code >> 12);
    b[at + 1] = 0x80 | ((code >> 6) & 0x3f);
    b[at + 2] = 0x80 | (code & 0x3f);
    return at + 3;
  }
  if (code === NO_TEXT) return at;
  b[at] = 0xf0 | (code >> 18);
  b[at + 1] = 0x80 | ((code >> 12) & 0x3f);
  b[at + 2] = 0x80 | ((code >> 6) & 0x3f);
  b[at + 3] = 0x80 | (code & 0x3f);
  return at + 4;
}
