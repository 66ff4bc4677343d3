import { isUtf8 } from "node:buffer";
import type { VantageflowError } from "../../errors.ts";
import { firstInvalid, lastBoundary } from "../../pipeline/gate.ts";
import type { Pull } from "../../pipeline/source.ts";

/** Of what may be pulled into directly. */
const MIN_TARGET_BYTES = 16;

export interface TextOptions {
  /** Looks at the first bytes: how many to skip, or why the file is refused. */
  readonly start: (front: Uint8Array) => number | VantageflowError;
  /** How many bytes `start` wants to see, where the source has them; at most four. */
  readonly startBytes: number;
  /** For the source byte at which no character begins, or the source ends within one. */
  readonly invalid: (byte: number, byteOffset: number, isCutOff: boolean) => VantageflowError;
}

/** UTF-8 stays where it was pulled to: it is looked at, and only a sequence that is not whole yet waits, three bytes at most. */
export class Utf8 {
  /** The byte order mark's. */
  skipped = 0;
  readonly #pull: Pull;
  readonly #options: TextOptions;
  readonly #scratch = Buffer.alloc(MIN_TARGET_BYTES);
  #ready = this.#scratch.subarray(0, 0);
  #tail = Buffer.alloc(0);
  #isStarted = false;
  #isFinal = false;
  #failure: VantageflowError | null = null;
  #textSize = 0;

  constructor(pull: Pull, options: TextOptions) {
    this.#pull = pull;
    this.#options = options;
  }

  /** Text before what is invalid is handed out before that is thrown. */
  pull(into: Uint8Array): number | Promise<number> {
    for (;;) {
      if (this.#ready.length > 0) return this.#hand(into);
      if (this.#failure !== null) throw this.#failure;
      if (this.#isFinal) return 0;
      const isDirect = into.length >= MIN_TARGET_BYTES;
      const target = isDirect ? Buffer.from(into.buffer, into.byteOffset, into.byteLength) : this.#scratch;
      target.set(this.#tail);
      const pulled = this.#pull(target.subarray(this.#tail.length));
      if (typeof pulled !== "number") return this.#later(pulled, target, into);
      const text = this.#took(pulled, target);
      if (isDirect && text > 0) return text;
      if (text > 0) this.#ready = this.#scratch.subarray(0, text);
    }
  }

  async #later(pulled: Promise<number>, target: Buffer, into: Uint8Array): Promise<number> {
    const text = this.#took(await pulled, target);
    if (text === 0) return this.pull(into);
    if (target !== this.#scratch) return text;
    this.#ready = this.#scratch.subarray(0, text);
    return this.#hand(into);
  }

  #hand(into: Uint8Array): number {
    const bytes = this.#ready.copy(into);
    this.#ready = this.#ready.subarray(bytes);
    return bytes;
  }

  /** How many bytes at the start of `b` are text that may be handed out. */
  #took(pulled: number, b: Buffer): number {
    let end = this.#tail.length + pulled;
    this.#isFinal = pulled === 0;
    if (!this.#isStarted) {
      if (!this.#isFinal && end < this.#options.startBytes) {
        this.#tail = Buffer.from(b.subarray(0, end));
        return 0;
      }
      const skipped = this.#options.start(b.subarray(0, end));
      if (typeof skipped !== "number") {
        this.#failure = skipped;
        return 0;
      }
      this.skipped = skipped;
      b.copyWithin(0, this.skipped, end);
      end -= this.skipped;
      this.#isStarted = true;
    }
    const boundary = lastBoundary(b, 0, end);
    const whole = b.subarray(0, boundary);
    const text = isUtf8(whole) ? boundary : firstInvalid(whole);
    if (text < boundary || (this.#isFinal && boundary < end)) {
      const at = this.skipped + this.#textSize + text;
      this.#failure = this.#options.invalid(b[text], at, text === boundary);
    }
    this.#tail = Buffer.from(b.subarray(boundary, end));
    this.#textSize += text;
    return text;
  }
}
