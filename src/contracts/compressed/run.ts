import type { Transform } from "node:stream";
import { damaged } from "./damage.ts";

/** What node:zlib makes: bytes written are those that it has taken. */
export type Inflater = Transform & { readonly bytesWritten: number };

/** A decoder of Node at work on one member or frame: bytes are fed to it only when it wants some. */
export class Run {
  readonly #key: string;
  readonly #decoder: Inflater;
  /** Where the first byte that is fed stands in the object. */
  readonly #from: number;
  #fed = 0;
  #isFeeding = false;
  #failure: Error | null = null;
  #wake: () => void = () => {};

  constructor(key: string, decoder: Inflater, from: number) {
    this.#key = key;
    this.#decoder = decoder;
    this.#from = from;
    decoder.on("readable", () => this.#wake());
    decoder.on("end", () => this.#wanting());
    // What was wrong with the bytes stands somewhere between what was taken and what was fed.
    decoder.on("error", (error) => {
      const to = this.#from + this.#fed;
      const why = `its compressed data is damaged here or before byte offset ${to} (${error.message})`;
      this.#fail(damaged(this.#key, this.#from + decoder.bytesWritten, why, error));
    });
    decoder.on("close", () => this.#fail(new Error(`the decoder of "${key}" was closed`)));
  }

  /** Bytes fed that lie behind the end, as a number to take from what was taken: 0 or negative. */
  get leftOver(): number {
    return this.#decoder.bytesWritten - this.#fed;
  }

  feed(bytes: Buffer): void {
    this.#fed += bytes.length;
    this.#isFeeding = true;
    this.#decoder.write(bytes, () => this.#wanting());
  }

  /** Whether it has seen its end: it left bytes over. To be asked when there is no next block. */
  get isEnded(): boolean {
    return this.leftOver < 0;
  }

  /** The next block; null where it has ended or wants to be fed. Throws `compressed_damaged`. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const block: Buffer | null = this.#decoder.read();
      if (block !== null) return block;
      if (!this.#isFeeding) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#decoder.destroy();
  }

  #wanting(): void {
    this.#isFeeding = false;
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}
