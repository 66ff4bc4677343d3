import type { PathNode } from "./paths.ts";
import type { ShapeParts } from "./shape.ts";
import { literalEnd, numberEnd, textEnd } from "./texts.ts";

/** What is larger is seldom followed by its like, and would take memory for as long as the source is read. */
const MAX_BYTES = 16 * 1024;
const MAX_LEVELS = 32;

/**
 * The shape of a record that was read as JSON: `b[from..to)`, an object or a list, whose columns stand below `record`. Null where it
 * is none that a record can be compared with: it is large or deep, goes over lines, or has escapes in a name.
 */
export function shapeOf(b: Buffer, from: number, to: number, record: PathNode): ShapeParts | null {
  if (to - from > MAX_BYTES) return null;
  const maker = new ShapeMaker(b, from);
  return maker.read(record, 1) ? maker.shape() : null;
}

class ShapeMaker {
  readonly #b: Buffer;
  readonly #between: Buffer[] = [];
  readonly #places: (PathNode | null)[] = [];
  readonly #others: PathNode[] = [];
  #levels = 0;
  #p: number;
  /** Where the piece begins that is at hand. */
  #from: number;

  constructor(b: Buffer, from: number) {
    this.#b = b;
    this.#p = from;
    this.#from = from;
  }

  shape(): ShapeParts {
    const between = [...this.#between, this.#b.subarray(this.#from, this.#p)];
    return { between, places: this.#places, others: this.#others, levels: this.#levels };
  }

  /** Goes over an object or a list; false where it is not to be compared with. */
  read(place: PathNode | null, level: number): boolean {
    if (level > MAX_LEVELS) return false;
    this.#levels = Math.max(this.#levels, level);
    if (place?.isCell) this.#others.push(place);
    const isObject = this.#b[this.#p] === 123;
    const close = isObject ? 125 : 93;
    let element = place === null || isObject ? null : place.elements;
    for (let i = 0; ; i++) {
      this.#p++;
      let c = this.#skipBlanks();
      if (c === close) break;
      let inside: PathNode | null = null;
      if (isObject) {
        if (c !== 34) return false;
        const named = this.#p + 1;
        this.#p = textEnd(this.#b, named);
        if (this.#b.subarray(named, this.#p).includes(92)) return false;
        inside = place === null ? null : place.member(this.#b, named, this.#p);
        this.#p++;
        if (this.#skipBlanks() !== 58) return false;
        this.#p++;
        c = this.#skipBlanks();
      } else if (element !== null && element.step === i) {
        inside = element;
        element = element.next;
      }
      if (c === 10 || c === 13) return false;
      if (c === 123 || c === 91) {
        if (!this.read(inside, level + 1)) return false;
      } else this.#value(inside, c);
      c = this.#skipBlanks();
      if (c === close) break;
      if (c !== 44) return false;
    }
    this.#p++;
    return true;
  }

  #value(place: PathNode | null, c: number): void {
    const b = this.#b;
    this.#between.push(b.subarray(this.#from, this.#p));
    this.#places.push(place);
    if (c === 34) this.#p = textEnd(b, this.#p + 1) + 1;
    else this.#p = c <= 57 ? numberEnd(b, this.#p) : literalEnd(b, this.#p);
    this.#from = this.#p;
  }

  /** The byte behind blanks. */
  #skipBlanks(): number {
    while (this.#b[this.#p] === 32 || this.#b[this.#p] === 9) this.#p++;
    return this.#b[this.#p];
  }
}
