import { MEASUREMENT_STOPS, QUOTED_STOPS, TOKEN_STOPS } from "./escapes.ts";
import { Keys } from "./keys.ts";

const [LF, CR, BLANK, QUOTE, PLUS, COMMA, MINUS, POINT, ZERO, BACKSLASH] = [10, 13, 32, 34, 43, 44, 45, 46, 48, 92];
const WORDS = ["t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"].map((word) => Buffer.from(word));

/** What the value of a tag or field is. */
export const TAG = 0;
const NUMERIC = 1;
export const BOOLEAN_FIELD = 2;
export const QUOTED_FIELD = 3;
/** Added to a kind whose text has escapes. */
export const WITH_ESCAPES = 4;

/** A point of line protocol, read by its grammar: where its parts are, tags first and then fields. */
export class Point {
  readonly keys: Keys;
  /** Tags, and tags and fields. */
  tags = 0;
  items = 0;
  /** Of each tag and field: its key, see {@link Keys}; what its value is, and where. */
  ids = new Int32Array(64);
  kinds = new Uint8Array(64);
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** The name of the measurement, and whether that has escapes. */
  nameStart = 0;
  nameEnd = 0;
  isNameEscaped = false;
  /** The timestamp; it ends where it begins where there is none. */
  timeStart = 0;
  timeEnd = 0;
  /** Line ends inside of quoted texts. */
  lines = 0;
  /** A tag stands twice, or a field. */
  isKeyTwice = false;
  /** The byte that is none of the grammar, where {@link read} gave -1. */
  fault = 0;
  /** Lists of keys so far. */
  #lists = 0;
  /** The key in front of the next one. */
  #before = 0;

  constructor(columnOf: ReadonlyMap<string, number>) {
    this.keys = new Keys(columnOf);
  }

  /**
   * Reads the point at `p` and returns where its line end is; -1 for what is no point. What it looked at is in front of
   * that place or in front of `fault`, or one of both: where that is not below `end`, more bytes may tell otherwise. `b[end]` is a line feed.
   */
  read(b: Buffer, p: number, end: number): number {
    this.keys.refresh();
    this.items = 0;
    this.lines = 0;
    this.isKeyTwice = false;
    this.#before = 0;
    p = this.#readName(b, p);
    this.#lists++;
    while (p >= 0 && b[p] === COMMA) p = this.#readTag(b, p + 1);
    if (p < 0 || b[p] !== BLANK) return this.#fail(p);
    this.tags = this.items;
    this.#lists++;
    p = skipBlanks(b, p);
    do p = this.#readField(b, p, end);
    while (p >= 0 && b[p++] === COMMA);
    return p < 0 ? -1 : this.#readTime(b, p - 1);
  }

  #fail(p: number): -1 {
    if (p >= 0) this.fault = p;
    return -1;
  }

  #readName(b: Buffer, start: number): number {
    let p = start;
    this.isNameEscaped = false;
    for (; ; p++) {
      while (MEASUREMENT_STOPS[b[p]] === 0) p++;
      if (b[p] !== BACKSLASH) break;
      if (MEASUREMENT_STOPS[b[p + 1]] !== 2) continue;
      this.isNameEscaped = true;
      p++;
    }
    this.nameStart = start;
    this.nameEnd = p;
    return p === start ? this.#fail(p) : p;
  }

  #readKey(b: Buffer, p: number): number {
    const id = this.keys.find(b, p, this.#before);
    if (id < 0) return this.#fail(this.keys.to);
    if (this.keys.isAgain(id, this.#lists)) this.isKeyTwice = true;
    this.#before = id;
    if (this.items === this.ids.length) this.#grow();
    this.ids[this.items] = id;
    return this.keys.to + 1;
  }

  #readTag(b: Buffer, from: number): number {
    const start = this.#readKey(b, from);
    if (start < 0) return -1;
    let p = start;
    let kind = TAG;
    for (; ; p++) {
      while (TOKEN_STOPS[b[p]] === 0) p++;
      if (b[p] !== BACKSLASH) break;
      if (TOKEN_STOPS[b[p + 1]] !== 2) continue;
      kind = TAG | WITH_ESCAPES;
      p++;
    }
    if (p === start) return this.#fail(p);
    this.#add(kind, start, p);
    return p;
  }

  #readField(b: Buffer, from: number, end: number): number {
    const p = this.#readKey(b, from);
    if (p < 0) return -1;
    const c = b[p];
    const next = c === QUOTE ? this.#readQuoted(b, p + 1, end) : c > 57 ? this.#readWord(b, p) : this.#readNumber(b, p);
    if (next < 0) return -1;
    const after = b[next];
    return after === COMMA || after === BLANK || after === LF || after === CR ? next : this.#fail(next);
  }

  #readQuoted(b: Buffer, start: number, end: number): number {
    let p = start;
    let kind = QUOTED_FIELD;
    for (; ; p++) {
      while (b[p] > BACKSLASH) p++;
      const c = b[p];
      if (c === QUOTE) break;
      if (c === BACKSLASH) {
        if (QUOTED_STOPS[b[p + 1]] !== 2) continue;
        kind = QUOTED_FIELD | WITH_ESCAPES;
        p++;
      } else if (c <= CR && (c === LF || (c === CR && b[p + 1] !== LF))) {
        if (p >= end) return this.#fail(p);
        this.lines++;
      }
    }
    this.#add(kind, start, p);
    return p + 1;
  }

  #readWord(b: Buffer, p: number): number {
    let to = p;
    while (b[to] > 57) to++;
    if (!WORDS.some((word) => word.length === to - p && b.compare(word, 0, word.length, p, to) === 0))
      return this.#fail(to);
    this.#add(BOOLEAN_FIELD, p, to);
    return to;
  }

  /** `[+-]? (digits [. digits?] | . digits) ([eE] [+-]? digits)?`, or whole digits with an i, or with an u and no minus. */
  #readNumber(b: Buffer, p: number): number {
    const isNegative = b[p] === MINUS;
    // A plus is no part of a number of the data contract.
    const start = b[p] === PLUS ? p + 1 : p;
    const first = isNegative ? p + 1 : start;
    let to = skipDigits(b, first);
    let digits = to - first;
    if (digits > 0 && (b[to] === 105 || (b[to] === 117 && !isNegative))) {
      this.#add(NUMERIC, start, to);
      return to + 1;
    }
    if (b[to] === POINT) {
      const fraction = to + 1;
      to = skipDigits(b, fraction);
      digits += to - fraction;
    }
    if (digits === 0) return this.#fail(to);
    if ((b[to] | 32) === 101) {
      const exponent = b[to + 1] === PLUS || b[to + 1] === MINUS ? to + 2 : to + 1;
      to = skipDigits(b, exponent);
      if (to === exponent) return this.#fail(to);
    }
    this.#add(NUMERIC, start, to);
    return to;
  }

  /** Goes on behind the fields: blanks, perhaps a timestamp, blanks. */
  #readTime(b: Buffer, p: number): number {
    const start = skipBlanks(b, p);
    this.timeStart = start;
    let to = start;
    if (b[start] !== LF && b[start] !== CR) {
      const first = b[start] === MINUS ? start + 1 : start;
      to = skipDigits(b, first);
      if (to === first) return this.#fail(to);
    }
    this.timeEnd = to;
    to = skipBlanks(b, to);
    return b[to] === LF || b[to] === CR ? to : this.#fail(to);
  }

  #add(kind: number, start: number, end: number): void {
    const i = this.items++;
    this.kinds[i] = kind;
    this.starts[i] = start;
    this.ends[i] = end;
  }

  #grow(): void {
    const larger = <T extends Int32Array | Uint8Array>(into: T, of: T): T => {
      into.set(of);
      return into;
    };
    const length = 2 * this.ids.length;
    this.ids = larger(new Int32Array(length), this.ids);
    this.kinds = larger(new Uint8Array(length), this.kinds);
    this.starts = larger(new Int32Array(length), this.starts);
    this.ends = larger(new Int32Array(length), this.ends);
  }
}

function skipBlanks(b: Buffer, p: number): number {
  while (b[p] === BLANK) p++;
  return p;
}

function skipDigits(b: Buffer, p: number): number {
  while ((b[p] ^ ZERO) < 10) p++;
  return p;
}
