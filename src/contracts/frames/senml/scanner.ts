const [LF, CR, QUOTE, COMMA, MINUS, POINT, ZERO, COLON, OPEN_LIST, BACKSLASH, CLOSE_LIST, LOWER_U, OPEN, CLOSE] = [
  10, 13, 34, 44, 45, 46, 48, 58, 91, 92, 93, 117, 123, 125,
];
const [TRUE, FALSE, NULL] = ["true", "false", "null"].map((word) => Buffer.from(word));
const ESCAPES = new Set(Buffer.from('"\\/bfnrtu'));
const MAX_DEPTH = 64;

/** By byte, in a text: 0 goes on; 1 ends it or has to be looked at; 2 is of a character of several bytes. */
const STOPS = new Uint8Array(256).fill(1, 0, 32).fill(2, 128);
STOPS[QUOTE] = 1;
STOPS[BACKSLASH] = 1;

/** What a value of JSON is. */
export const JSON_STRING = 1;
export const JSON_NUMBER = 2;
export const JSON_BOOLEAN = 3;
const NO_SCALAR = 4;

/**
 * Goes over JSON (RFC 8259) byte by byte, counting lines and characters. Its functions return where they end; -1 for what is
 * no JSON, at {@link fault}. Where that is the byte behind the last one, more bytes may tell otherwise; it has to be a NUL.
 */
export class PackScanner {
  fault = 0;
  /** What should be there. */
  wanted = "";
  /** What the last value is, and whether it is a text with escapes. */
  kind = 0;
  hasEscapes = false;
  /** Where the last label ends. */
  labelEnd = 0;
  /** The physical line so far, 1-based. */
  line = 1;
  /** The offset of the first byte of the buffer. */
  base = 0;
  #lineStart = 0;
  /** Bytes of this line that are no characters of their own, as UTF-16 counts them. */
  #inner = 0;
  #isAfterReturn = false;
  #markedLine = 1;
  #markedStart = 0;
  #markedInner = 0;

  /** Remembers line and character where a value begins, for {@link reset}. */
  mark(): void {
    this.#markedLine = this.line;
    this.#markedStart = this.#lineStart;
    this.#markedInner = this.#inner;
  }

  reset(): void {
    this.line = this.#markedLine;
    this.#lineStart = this.#markedStart;
    this.#inner = this.#markedInner;
    this.#isAfterReturn = false;
  }

  /** The character of its line that a byte is, 1-based; nothing behind it may have been gone over. */
  characterAt(p: number): number {
    return this.base + p - this.#lineStart - this.#inner + 1;
  }

  /** Goes over blanks and line ends. */
  skip(b: Buffer, p: number): number {
    for (; ; p++) {
      const c = b[p];
      if (c > 32) break;
      if (c === LF || c === CR) {
        if (c === CR || !this.#isAfterReturn) this.line++;
        this.#lineStart = this.base + p + 1;
        this.#inner = 0;
      } else if (c !== 32 && c !== 9) return p;
      this.#isAfterReturn = c === CR;
    }
    this.#isAfterReturn = false;
    return p;
  }

  fail(p: number, wanted: string): -1 {
    this.fault = p;
    this.wanted = wanted;
    return -1;
  }

  value(b: Buffer, p: number, depth = 0): number {
    const c = b[p];
    this.hasEscapes = false;
    if (c === QUOTE) {
      this.kind = JSON_STRING;
      return this.string(b, p);
    }
    if (c === MINUS || (c ^ ZERO) < 10) {
      this.kind = JSON_NUMBER;
      return this.#number(b, p);
    }
    if (c === 116 || c === 102) {
      this.kind = JSON_BOOLEAN;
      return this.#word(b, p, c === 116 ? TRUE : FALSE);
    }
    const end = c === 110 ? this.#word(b, p, NULL) : this.#nested(b, p, depth);
    this.kind = NO_SCALAR;
    this.hasEscapes = false;
    return end;
  }

  /** Goes over a text from its first quote on; sets {@link hasEscapes} where it has some. */
  string(b: Buffer, p: number): number {
    for (p++; ; p++) {
      while (STOPS[b[p]] === 0) p++;
      const c = b[p];
      if (c >= 128) {
        if (c < 192) this.#inner++;
        else if (c >= 240) this.#inner--;
      } else if (c === BACKSLASH) {
        this.hasEscapes = true;
        p++;
        if (!ESCAPES.has(b[p])) return this.fail(p, "an escape of JSON");
        if (b[p] !== LOWER_U) continue;
        for (const last = p + 4; p < last; p++) {
          if (!isHex(b[p + 1])) return this.fail(p + 1, "an escape of JSON");
        }
      } else return c === QUOTE ? p + 1 : this.fail(p, "the quote that ends a text");
    }
  }

  #word(b: Buffer, p: number, word: Buffer): number {
    for (let i = 1; i < word.length; i++) if (b[p + i] !== word[i]) return this.fail(p + i, "a value");
    return p + word.length;
  }

  #number(b: Buffer, p: number): number {
    if (b[p] === MINUS) p++;
    const first = p;
    p = this.#digits(b, p);
    if (p > first + 1 && b[first] === ZERO) return this.fail(first + 1, "a number without zeros in front");
    if (p >= 0 && b[p] === POINT) p = this.#digits(b, p + 1);
    if (p < 0 || (b[p] | 32) !== 101) return p;
    return this.#digits(b, b[p + 1] === MINUS || b[p + 1] === 43 ? p + 2 : p + 1);
  }

  #digits(b: Buffer, p: number): number {
    const first = p;
    while ((b[p] ^ ZERO) < 10) p++;
    return p === first ? this.fail(p, "a digit") : p;
  }

  #nested(b: Buffer, p: number, depth: number): number {
    const isObject = b[p] === OPEN;
    if (!isObject && b[p] !== OPEN_LIST) return this.fail(p, "a value");
    if (depth === MAX_DEPTH) return this.fail(p, `a value that is nested no deeper than ${MAX_DEPTH} levels`);
    const close = isObject ? CLOSE : CLOSE_LIST;
    p = this.skip(b, p + 1);
    if (b[p] === close) return p + 1;
    for (;;) {
      if (isObject) p = this.label(b, p);
      if (p >= 0) p = this.value(b, p, depth + 1);
      if (p < 0) return -1;
      p = this.skip(b, p);
      if (b[p] === close) return p + 1;
      if (b[p] !== COMMA) return this.fail(p, isObject ? '"," or "}"' : '"," or "]"');
      p = this.skip(b, p + 1);
    }
  }

  /** Goes over a label, which ends at {@link labelEnd}, and the colon behind it, to its value. */
  label(b: Buffer, p: number): number {
    this.hasEscapes = false;
    if (b[p] !== QUOTE) return this.fail(p, "a label in quotes");
    p = this.string(b, p);
    if (p < 0) return -1;
    this.labelEnd = p - 1;
    p = this.skip(b, p);
    return b[p] === COLON ? this.skip(b, p + 1) : this.fail(p, '":"');
  }
}

function isHex(c: number): boolean {
  return (c ^ ZERO) < 10 || ((c | 32) >= 97 && (c | 32) <= 102);
}
