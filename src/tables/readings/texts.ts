import { hashId, sameBytes, viewOf } from "../../pipeline/devices.ts";
import { grown } from "../../pipeline/grown.ts";

/**
 * Texts by number, each once: an open-addressing hash table of their bytes, so that a device or unit that comes again
 * makes no string. Numbers count from 0 in the order in which texts came; the hash, which has a secret, has no part in them.
 */
export class Texts {
  /** The texts by number. */
  readonly values: string[] = [];
  /** Bytes of all of them, about what they take in memory. */
  bytes = 0;
  #slots = new Int32Array(256);
  #mask = 255;
  /** Of each text its hash, and where its bytes begin and end. */
  #facts = new Int32Array(128 * 3);
  #raw = new Uint8Array(1024);
  #rawView = viewOf(this.#raw);
  #rawEnd = 0;
  /** The number that was given last: many texts are the one before again. */
  #last = -1;

  /** The number of the text in UTF-8 `b[from..to)`, whose bytes `view` shows, too. */
  numberOf(view: DataView, b: Uint8Array, from: number, to: number): number {
    if (this.#last >= 0 && this.isAt(this.#last, view, from, to)) return this.#last;
    return this.#find(hashId(b, from, to), view, b, from, to);
  }

  /** The same where {@link hashId} of these bytes is known, and where the one before is not likely to come again. */
  numberOfHashed(hash: number, view: DataView, b: Uint8Array, from: number, to: number): number {
    return this.#find(hash, view, b, from, to);
  }

  /** The same of a string. */
  numberOfText(text: string): number {
    if (this.#last >= 0 && this.values[this.#last] === text) return this.#last;
    const bytes = Buffer.from(text, "utf8");
    return this.numberOf(viewOf(bytes), bytes, 0, bytes.length);
  }

  #find(hash: number, view: DataView, b: Uint8Array, from: number, to: number): number {
    const facts = this.#facts;
    let at = mixed(hash) & this.#mask;
    for (let number = this.#slots[at] - 1; number >= 0; number = this.#slots[at] - 1) {
      if (facts[number * 3] === hash && this.isAt(number, view, from, to)) {
        this.#last = number;
        return number;
      }
      at = (at + 1) & this.#mask;
    }
    this.#last = this.#insert(b, from, to, hash, at);
    return this.#last;
  }

  /** Whether the text of this number stands there. */
  isAt(number: number, view: DataView, from: number, to: number): boolean {
    const start = this.#facts[number * 3 + 1];
    const length = to - from;
    return this.#facts[number * 3 + 2] - start === length && sameBytes(view, from, this.#rawView, start, length);
  }

  #insert(b: Uint8Array, from: number, to: number, hash: number, at: number): number {
    const number = this.values.length;
    const [start, length] = [this.#rawEnd, to - from];
    this.#rawEnd += length;
    while (this.#rawEnd > this.#raw.length) {
      this.#raw = grown(this.#raw);
      this.#rawView = viewOf(this.#raw);
    }
    this.#raw.set(b.subarray(from, to), start);
    this.values.push(Buffer.from(this.#raw.buffer, start, length).toString("utf8"));
    if (number * 3 === this.#facts.length) this.#facts = grown(this.#facts);
    this.#facts.set([hash, start, this.#rawEnd], number * 3);
    // As a string and as bytes, with what the engine needs of both.
    this.bytes += 2 * length + 64;
    this.#slots[at] = number + 1;
    if (this.values.length * 2 > this.#mask) this.#growSlots();
    return number;
  }

  #growSlots(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let number = 0; number < this.values.length; number++) {
      let at = mixed(this.#facts[number * 3]) & this.#mask;
      while (this.#slots[at] !== 0) at = (at + 1) & this.#mask;
      this.#slots[at] = number + 1;
    }
  }
}

/** The last step of the hash: the low bits are of all of it. */
function mixed(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}
