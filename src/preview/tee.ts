import type { Pull } from "../pipeline/source.ts";

const CHUNK_BYTES = 256 * 1024;

interface Asking {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One reading of an object for several readers: each pulls the same bytes, and none runs further ahead than a chunk.
 * `onChunk` is called whenever all of them have taken one.
 */
export class Tee {
  readonly #pull: Pull;
  readonly #onChunk: () => void;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #length = 0;
  #present: number;
  #asking: Asking[] = [];

  constructor(pull: Pull, readers: number, onChunk: () => void) {
    this.#pull = pull;
    this.#present = readers;
    this.#onChunk = onChunk;
  }

  /** The pull of one more reader. */
  reader(): Pull {
    let at = 0;
    const hand = (into: Uint8Array) => {
      const bytes = this.#chunk.copy(into, 0, at, this.#length);
      at += bytes;
      return bytes;
    };
    return (into) => {
      if (at < this.#length) return hand(into);
      return this.#next().then(() => {
        at = 0;
        return hand(into);
      });
    };
  }

  /** A reader reads no further: the others are not to wait for it. */
  leave(): void {
    this.#present--;
    if (this.#asking.length > 0 && this.#asking.length === this.#present) void this.#fetch();
  }

  #next(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asking.push({ resolve, reject });
      if (this.#asking.length === this.#present) void this.#fetch();
    });
  }

  async #fetch(): Promise<void> {
    const asking = this.#asking;
    this.#asking = [];
    try {
      this.#onChunk();
      this.#length = await this.#pull(this.#chunk);
      for (const { resolve } of asking) resolve();
    } catch (error) {
      for (const { reject } of asking) reject(error);
    }
  }
}
