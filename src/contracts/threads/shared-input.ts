import type { Pull } from "../../pipeline/source.ts";

/** Chunks that the reader may be ahead of the maker. */
const SLOTS = 4;
const SLOT_BYTES = 256 * 1024;
/** In `counters`: chunks written and taken, and whether the maker may go on. */
const [WRITTEN, TAKEN, POSTED, RECEIVED] = [0, 1, 2, 3];
const COUNTERS = 4;
/** Slices of rows that the maker may be ahead of who takes them. */
const MAX_AHEAD = 4;

/** Bytes of a source on their way from the thread that pulls them to the one that makes rows of them. */
export interface SharedInput {
  readonly counters: Int32Array;
  /** How many bytes each slot has; the last has none. */
  readonly lengths: Int32Array;
  readonly slots: Uint8Array;
}

export function createSharedInput(): SharedInput {
  return {
    counters: new Int32Array(new SharedArrayBuffer(COUNTERS * 4)),
    lengths: new Int32Array(new SharedArrayBuffer(SLOTS * 4)),
    slots: new Uint8Array(new SharedArrayBuffer(SLOTS * SLOT_BYTES)),
  };
}

/** The end that pulls. */
export class InputWriter {
  readonly #input: SharedInput;
  #written = 0;

  constructor(input: SharedInput) {
    this.#input = input;
  }

  /** Where the next chunk goes; null while all slots are full. */
  room(): Buffer | null {
    if (this.#written - Atomics.load(this.#input.counters, TAKEN) >= SLOTS) return null;
    const { buffer } = this.#input.slots;
    return Buffer.from(buffer, (this.#written % SLOTS) * SLOT_BYTES, SLOT_BYTES);
  }

  /** The chunk has so many bytes; none is the end. */
  wrote(bytes: number): void {
    const { counters, lengths } = this.#input;
    Atomics.store(lengths, this.#written % SLOTS, bytes);
    this.#written++;
    Atomics.store(counters, WRITTEN, this.#written);
    Atomics.notify(counters, WRITTEN);
  }

  /** A slice of rows was taken: the maker may make another. */
  received(): void {
    const { counters } = this.#input;
    Atomics.add(counters, RECEIVED, 1);
    Atomics.notify(counters, RECEIVED);
  }
}

/** The end that makes rows: it waits where there is nothing, and has nothing else to do. */
export class InputReader {
  readonly #input: SharedInput;
  readonly #onEmpty: () => void;
  #taken = 0;
  #at = 0;

  /** `onEmpty` tells the other end, which may be waiting for rows, that there are no bytes to make some of. */
  constructor(input: SharedInput, onEmpty: () => void) {
    this.#input = input;
    this.#onEmpty = onEmpty;
  }

  readonly pull: Pull = (into) => {
    const { counters, lengths, slots } = this.#input;
    if (Atomics.load(counters, WRITTEN) === this.#taken) this.#onEmpty();
    waitWhile(counters, WRITTEN, (written) => written === this.#taken);
    const slot = this.#taken % SLOTS;
    const length = Atomics.load(lengths, slot);
    if (length === 0) return 0;
    const bytes = Math.min(into.length, length - this.#at);
    const from = slot * SLOT_BYTES + this.#at;
    into.set(slots.subarray(from, from + bytes));
    this.#at += bytes;
    if (this.#at === length) {
      this.#at = 0;
      this.#taken++;
      Atomics.store(counters, TAKEN, this.#taken);
    }
    return bytes;
  };

  handed(): number {
    return Atomics.load(this.#input.counters, POSTED);
  }

  /** Who takes a slice has scanned the rows of those before it. */
  done(): number {
    return Atomics.load(this.#input.counters, RECEIVED) - 1;
  }

  /** To be called before a slice is posted: waits while the others have not been taken. */
  awaitTurn(): void {
    const { counters } = this.#input;
    const posted = Atomics.add(counters, POSTED, 1);
    waitWhile(counters, RECEIVED, (received) => posted - received >= MAX_AHEAD);
  }
}

function waitWhile(counters: Int32Array, index: number, isTooSoon: (value: number) => boolean): void {
  for (let value = Atomics.load(counters, index); isTooSoon(value); value = Atomics.load(counters, index)) {
    Atomics.wait(counters, index, value);
  }
}
