import type { Pull } from "../../pipeline/source.ts";

/** Bytes at a time: what a decoder is given at once. */
const BUFFER_BYTES = 64 * 1024;

/**
 * The bytes of a compressed object, looked at ahead and taken in order. It is filled to the brim each time, so that what
 * comes of it does not depend on the pieces in which the object came.
 */
export class Input {
  /** Bytes that came in so far, taken or not. */
  size = 0;
  readonly #pull: Pull;
  readonly #b = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #at = 0;
  #end = 0;
  #isFinal = false;

  constructor(pull: Pull) {
    this.#pull = pull;
  }

  /** Of the next byte, in the object. */
  get offset(): number {
    return this.size - (this.#end - this.#at);
  }

  /** The next `bytes` bytes, which stay to be taken; fewer only where the object ends. Valid until the next call. */
  async ahead(bytes: number): Promise<Buffer> {
    if (this.#end - this.#at < bytes && !this.#isFinal) await this.#fill();
    return this.#b.subarray(this.#at, Math.min(this.#at + bytes, this.#end));
  }

  /** All that is at hand, at least one byte; none at the end of the object. Valid until the next call. */
  async rest(): Promise<Buffer> {
    return (await this.ahead(1)).length === 0 ? this.#b.subarray(0, 0) : this.#b.subarray(this.#at, this.#end);
  }

  /** Takes bytes that were seen ahead; a negative number gives back bytes of the last that were taken. */
  take(bytes: number): void {
    this.#at += bytes;
  }

  async #fill(): Promise<void> {
    this.#b.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    while (this.#end < BUFFER_BYTES) {
      const pulled = await this.#pull(this.#b.subarray(this.#end));
      if (pulled === 0) {
        this.#isFinal = true;
        return;
      }
      this.#end += pulled;
      this.size += pulled;
    }
  }
}
