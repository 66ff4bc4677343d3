import type { Documents } from "./documents.ts";
import type { Paths } from "./paths.ts";
import type { ShapeParts } from "./shape.ts";
import { shapeOf } from "./shape-maker.ts";
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

  /** Whether the record at hand stands on its line by itself, so that the next line may be one as well. */
  get isAtLineEnd(): boolean {
    return this.#documents.isAtLineEnd;
  }

  /** Of the record at hand; null where it has none that others are compared with. */
  shape(): ShapeParts | null {
    const { b, recordStart, recordEnd } = this.#window;
    return shapeOf(b, recordStart, recordEnd, this.#paths.record);
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

  /** The last line feed among the bytes at hand: that of the record at hand, at `p` or behind it, where there is no other. */
  get lastLineFeed(): number {
    const { b, end } = this.#window;
    if (b !== this.#b || end !== this.#end) {
      this.#b = b;
      this.#end = end;
      this.#lastLineFeed = b.lastIndexOf(LF, end - 1);
    }
    return this.#lastLineFeed;
  }

  /** So many were read, each on a line; the last is `b[from..to)`. */
  pass(records: number, from: number, to: number): void {
    this.#window.pass(records, from, to);
    this.#documents.record.line = this.#window.line;
  }
}
