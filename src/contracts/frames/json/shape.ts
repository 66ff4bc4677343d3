import { NONE, OTHER, TEXT, WORD } from "../frame.ts";
import type { Notes } from "./notes.ts";
import type { PathNode } from "./paths.ts";
import { literalEnd, numberEnd, STOPS, textEnd } from "./texts.ts";
import type { Window } from "./window.ts";

/** What stands between the values of a record, byte for byte, and whose values those are. */
export interface ShapeParts {
  /** One more than values; none has a line end. */
  readonly between: readonly Buffer[];
  /** Of each value; null of one that nobody asks for. */
  readonly places: readonly (PathNode | null)[];
  /** Of objects and lists that stand where a column has its place. */
  readonly others: readonly PathNode[];
  /** How many objects and lists are open within one another. */
  readonly levels: number;
}

/**
 * A record that was read, as what the next one is compared with: of one source most have the same names in the same order, and
 * only the values between them need be read.
 */
export class RecordShape {
  readonly levels: number;
  readonly #lengths: Int32Array;
  /**
   * Eight bytes each, as doubles, for those are compared at once: of UTF-8 without NUL none is NaN or 0 if its last byte comes
   * first, so equal doubles are equal bytes. The last of a piece overlaps the one before.
   */
  readonly #words: Float64Array;
  /** Of pieces that are shorter than that. */
  readonly #bytes: Uint8Array;
  readonly #places: readonly (PathNode | null)[];
  readonly #others: readonly PathNode[];

  constructor({ between, places, others, levels }: ShapeParts) {
    this.levels = levels;
    this.#places = places;
    this.#others = others;
    this.#lengths = Int32Array.from(between, ({ length }) => length);
    this.#words = Float64Array.from(between.flatMap(wordsOf));
    this.#bytes = Uint8Array.from(between.flatMap((piece) => (piece.length < 8 ? [...piece] : [])));
  }

  /**
   * Reads the record that begins at the window's `p`, and notes its values. Where it ends; less than 0 where it is not of this
   * shape, is no JSON or is not whole: then what was noted of it is of no record.
   */
  read(window: Window, notes: Notes): number {
    const { b, view } = window;
    const { length: size } = b;
    const lengths = this.#lengths;
    const words = this.#words;
    const bytes = this.#bytes;
    const places = this.#places;
    const values = places.length;
    let { p } = window;
    let word = 0;
    let byte = 0;
    for (let i = 0; ; i++) {
      const length = lengths[i];
      if (length >= 8) {
        const last = p + length - 8;
        if (last + 8 > size) return -1;
        for (; p < last; p += 8) if (view.getFloat64(p, true) !== words[word++]) return -1;
        if (view.getFloat64(last, true) !== words[word++]) return -1;
        p = last + 8;
      } else {
        for (const end = p + length; p < end; p++) if (b[p] !== bytes[byte++]) return -1;
      }
      if (i === values) break;
      const c = b[p];
      let kind = TEXT;
      let from = p;
      let isEscaped = false;
      let to = p + 1;
      if (c === 34) {
        from = to;
        while (to + 4 <= size && isPlain(view.getInt32(to))) to += 4;
        while (STOPS[b[to]] === 0) to++;
        if (b[to] !== 34) {
          isEscaped = true;
          to = textEnd(b, to);
        }
        p = to + 1;
      } else if (c <= 57) p = to = numberEnd(b, p);
      else {
        p = to = literalEnd(b, p);
        kind = c === 110 ? NONE : WORD;
      }
      if (to < 0) return -1;
      const place = places[i];
      if (place !== null) notes.note(place, kind, b, from, to, isEscaped);
    }
    for (const place of this.#others) notes.note(place, OTHER, b, p, p, false);
    return p;
  }
}

/** Whether none of four bytes is at `STOPS`, nor above ASCII: a byte from which something is taken that it is below of has its highest bit then. */
function isPlain(four: number): boolean {
  const quotes = four ^ 0x22222222;
  const backslashes = four ^ 0x5c5c5c5c;
  return ((four | (four - 0x20202020) | (quotes - 0x01010101) | (backslashes - 0x01010101)) & 0x80808080) === 0;
}

function wordsOf(piece: Uint8Array): number[] {
  const words: number[] = [];
  const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
  const last = piece.length - 8;
  for (let p = 0; p < last; p += 8) words.push(view.getFloat64(p, true));
  if (last >= 0) words.push(view.getFloat64(last, true));
  return words;
}
