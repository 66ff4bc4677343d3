import { grown } from "../../pipeline/grown.ts";
import { Texts } from "./texts.ts";

/** Texts of a source by numbers of their own, which stay while its rows go into one buffer after the other, and by those of the buffer. */
export class SourceTexts {
  readonly texts = new Texts();
  #of: Texts | undefined;
  /** By the numbers of the source; -1 of those that the buffer has not had yet. */
  #numbers = new Int32Array(256).fill(-1);

  /** The texts of the buffer that rows go into now. */
  into(texts: Texts): void {
    if (texts === this.#of) return;
    this.#of = texts;
    this.#numbers.fill(-1);
  }

  /** The buffer's number of a text. */
  number(own: number): number {
    if (own < this.#numbers.length && this.#numbers[own] >= 0) return this.#numbers[own];
    for (let { length } = this.#numbers; own >= length; length *= 2)
      this.#numbers = grown(this.#numbers).fill(-1, length);
    this.#numbers[own] = this.#of?.numberOfText(this.texts.values[own]) ?? -1;
    return this.#numbers[own];
  }
}
