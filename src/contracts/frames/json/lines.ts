import type { Documents } from "./documents.ts";
import type { Paths } from "./paths.ts";
import type { ShapeParts } from "./shape.ts";
import type { Window } from "./window.ts";

const LF = 10;
/** Of a column that has no single value. */
export const NO_SINGLE = -2;

/** Records on lines of their own, for whoever can read many of them at once: those behind the one at hand. */
export class JsonLines {
  readonly maxRecordBytes: number;
  readonly #window: Window;
  readonly #paths: Paths;
  readonly #documents: Documents;
  #b: Buffer | null = null;
  #end = 0;
  #lastLineFeed = 0;

  constructor(window: Window, paths: Paths, documents: Documents, maxRecordBytes: number) {
    this.maxRecordBytes = maxRecordBytes;
    this.#window = window;
    this.#paths = paths;
    this.#documents = documents;
  }

  /** What they are expected to be; null where nothing is, or where what follows may be no record on a line. */
  get expected(): ShapeParts | null {
    return this.#documents.isAtLineEnd ? (this.#documents.record.expected?.parts ?? null) : null;
  }

  /** The value of a column among those of a record; -1 where it has none, or {@link NO_SINGLE}. */
  valueOf(column: number, { places, others }: ShapeParts): number {
    const place = this.#paths.columns[column];
    if (place === null || others.includes(place)) return NO_SINGLE;
    return places.indexOf(place);
  }

  get b(): Buffer {
    return this.#window.b;
  }

  /** Where the line of the record at hand ends, which is `b[p]`. */
  get p(): number {
    return this.#window.p;
  }

  /** Of the record at hand. */
  get line(): number {
    return this.#window.line;
  }

  /** Of `b[0]` in the text. */
  get offset(): number {
    return this.#window.offset;
  }

  /** The last line feed among the bytes at hand; less than `p` where there is none behind it. */
  get lastLineFeed(): number {
    const { b, end } = this.#window;
    if (b !== this.#b || end !== this.#end) {
      this.#b = b;
      this.#end = end;
      this.#lastLineFeed = b.lastIndexOf(LF, end - 1);
    }
    return this.#lastLineFeed;
  }

  /** So many were read, all of them as expected; the last is `b[from..to)`. */
  pass(records: number, from: number, to: number): void {
    this.#window.pass(records, from, to);
    this.#documents.record.pass(records);
  }
}
