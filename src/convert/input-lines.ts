/** RFC 8259 §2: blank, tab, line feed, carriage return. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** The lines of an input that comes in chunks; holds the last of them. Offsets are bytes from the input's start. */
export class InputLines {
  /** Bytes before the chunk, and line ends before `#countedTo` in it. */
  #before = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  #line = 1;
  #countedTo = 0;

  /** Where what came so far ends. */
  get end(): number {
    return this.#before + this.#chunk.length;
  }

  add(chunk: Uint8Array): void {
    this.lineAt(this.end);
    this.#before = this.end;
    this.#chunk = chunk;
    this.#countedTo = 0;
  }

  /** The line, 1-based, of an offset in the last chunk or behind it. Offsets must not go down. */
  lineAt(offset: number): number {
    const end = Math.min(offset - this.#before, this.#chunk.length);
    for (; this.#countedTo < end; this.#countedTo++) if (this.#chunk[this.#countedTo] === 10) this.#line++;
    return this.#line;
  }

  /** Where the blanks end that stand at this offset of the last chunk; the offset itself where it is of an earlier one. */
  skipBlanks(offset: number): number {
    if (offset < this.#before) return offset;
    let at = offset - this.#before;
    while (at < this.#chunk.length && BLANKS.has(this.#chunk[at])) at++;
    return this.#before + at;
  }
}
