import { grown } from "../../pipeline/grown.ts";

/**
 * Texts by number, each once: an open-addressing hash table of their bytes, so that a device or unit that comes again
 * makes no string. Numbers count from 0 in the order in which texts came.
 */
export class Texts {
  /** The texts by number. */
  readonly values: string[] = [];
  /** Bytes of all of them, about what they take in memory. */
  bytes = 0;
  #slots = new Int32Array(256);
  #mask = 255;
  #hashes = new Int32Array(128);
  readonly #raw: Uint8Array[] = [];
  /** The number that was given last: most texts are the one before again. */
  #last = -1;

  /** The number of the text in UTF-8 `b[from..to)`. */
  numberOf(b: Buffer, from: number, to: number): number {
    if (this.#last >= 0 && this.#isSame(this.#raw[this.#last], b, from, to)) return this.#last;
    // FNV-1a.
    let hash = 0x811c9dc5 | 0;
    for (let p = from; p < to; p++) hash = Math.imul(hash ^ b[p], 0x01000193);
    hash ^= hash >>> 15;
    let at = hash & this.#mask;
    for (let number = this.#slots[at]; number !== 0; number = this.#slots[at]) {
      if (this.#hashes[number - 1] === hash && this.#isSame(this.#raw[number - 1], b, from, to)) {
        this.#last = number - 1;
        return this.#last;
      }
      at = (at + 1) & this.#mask;
    }
    this.#last = this.#insert(b, from, to, hash, at);
    return this.#last;
  }

  /** The same of a string. */
  numberOfText(text: string): number {
    if (this.#last >= 0 && this.values[this.#last] === text) return this.#last;
    const bytes = Buffer.from(text, "utf8");
    return this.numberOf(bytes, 0, bytes.length);
  }

  #isSame(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
    const length = to - from;
    if (a.length !== length) return false;
    for (let i = 0; i < length; i++) if (a[i] !== b[from + i]) return false;
    return true;
  }

  #insert(b: Buffer, from: number, to: number, hash: number, at: number): number {
    const number = this.values.length;
    this.values.push(b.toString("utf8", from, to));
    this.#raw.push(Uint8Array.prototype.slice.call(b, from, to));
    if (number === this.#hashes.length) this.#hashes = grown(this.#hashes);
    this.#hashes[number] = hash;
    // As a string and as bytes, with what the engine needs of both.
    this.bytes += 2 * (to - from) + 96;
    this.#slots[at] = number + 1;
    if (this.values.length * 2 > this.#mask) this.#growSlots();
    return number;
  }

  #growSlots(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let number = 0; number < this.values.length; number++) {
      let at = this.#hashes[number] & this.#mask;
      while (this.#slots[at] !== 0) at = (at + 1) & this.#mask;
      this.#slots[at] = number + 1;
    }
  }
}
