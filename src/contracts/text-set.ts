/** Texts that cells are compared with: almost no cell is one of them, and a look at its first byte says so. */
export class TextSet {
  readonly #texts: readonly Buffer[];
  readonly #first = new Uint8Array(256);
  readonly #hasEmpty: boolean;

  constructor(texts: readonly string[]) {
    this.#texts = texts.map((text) => Buffer.from(text));
    this.#hasEmpty = texts.includes("");
    for (const text of this.#texts) if (text.length > 0) this.#first[text[0]] = 1;
  }

  has(b: Buffer, from: number, to: number): boolean {
    if (from === to) return this.#hasEmpty;
    return this.#first[b[from]] !== 0 && this.#isOne(b, from, to);
  }

  /** Apart, so that a look at the first byte alone makes no closure. */
  #isOne(b: Buffer, from: number, to: number): boolean {
    return this.#texts.some((text) => text.length === to - from && b.compare(text, 0, text.length, from, to) === 0);
  }
}
