/**
 * One row by RFC 4180, completely: quotes, doubled quotes, line breaks inside quotes, and what is wrong with it.
 * The scanner's fast loop hands every row here that it does not recognise at a glance.
 */

/** How a field is written. */
export const PLAIN = 0;
const QUOTED = 1;
/** Quoted, with doubled quotes inside (RFC 4180 §2.7). */
export const ESCAPED = 2;

const COMMA = 44;
const QUOTE = 34;
const CR = 13;
const LF = 10;

export class Row {
  /** Per field: first byte and the byte after the last, inside the quotes where there are some. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly kinds: number[] = [];
  fields = 0;
  /** The byte after the row's last byte, before its line end. */
  contentEnd = 0;
  /** Where the next row starts. */
  next = 0;
  /** Physical lines the row takes, its own line end included. */
  lines = 0;
  /** A quote inside an unquoted field, or something between a closing quote and the delimiter (RFC 4180 §2.5). */
  stray = false;
  readonly #delimiter: number;
  readonly #quote: number;

  /** `delimiter` is a byte that is no quote and no line end: what stands between the fields. A `quote` of -1 is none. */
  constructor(delimiter = COMMA, quote = QUOTE) {
    this.#delimiter = delimiter;
    this.#quote = quote;
  }

  /**
   * Parses the row at `p`. Rows end with LF, CRLF or a CR alone. Returns false when `b[p..end)` does not hold its end;
   * `final` says that nothing follows `end`, so that a CR there ends the row.
   */
  parse(b: Uint8Array, p: number, end: number, final: boolean): boolean {
    this.fields = 0;
    this.lines = 0;
    this.stray = false;
    for (;;) {
      p = b[p] === this.#quote ? this.#quoted(b, p, end) : this.#plain(b, p, p, PLAIN, p, end);
      if (p >= end || p < 0) return false;
      if (b[p] !== this.#delimiter) break;
      p++;
      if (p >= end) return false;
    }
    if (b[p] === CR && p + 1 === end && !final) return false;
    this.contentEnd = p;
    this.next = b[p] === CR && p + 1 < end && b[p + 1] === LF ? p + 2 : p + 1;
    this.lines++;
    return true;
  }

  /** Ends at the delimiter or line end after the field, or at `end`. `p` is where to go on reading. */
  #plain(b: Uint8Array, p: number, start: number, kind: number, fieldEnd: number, end: number): number {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    let c = 0;
    while (p < end && (c = b[p]) !== delimiter && c !== LF && c !== CR) {
      if (c === quote) this.stray = true;
      p++;
    }
    this.#field(start, kind === PLAIN ? p : fieldEnd, kind);
    return p;
  }

  #quoted(b: Uint8Array, open: number, end: number): number {
    const quote = this.#quote;
    let kind = QUOTED;
    for (let p = open + 1; p < end; p++) {
      const c = b[p];
      if (c === quote) {
        if (p + 1 >= end) return -1;
        if (b[p + 1] === quote) {
          kind = ESCAPED;
          p++;
          continue;
        }
        const after = b[p + 1];
        if (after !== this.#delimiter && after !== LF && after !== CR) this.stray = true;
        return this.#plain(b, p + 1, open + 1, kind, p, end);
      }
      if (c === LF || (c === CR && b[p + 1] !== LF)) this.lines++;
    }
    return -1;
  }

  #field(start: number, end: number, kind: number): void {
    const i = this.fields++;
    this.starts[i] = start;
    this.ends[i] = end;
    this.kinds[i] = kind;
  }

  /** No bytes but blanks: an empty line to anybody who looks at it. */
  isBlank(b: Uint8Array): boolean {
    if (this.fields !== 1 || this.kinds[0] !== PLAIN) return false;
    for (let p = this.starts[0]; p < this.ends[0]; p++) if (!isBlankByte(b[p])) return false;
    return true;
  }

  /** Leaves out the blanks around an unquoted field, for reading only. */
  trim(b: Uint8Array, i: number): void {
    if (this.kinds[i] !== PLAIN) return;
    while (this.starts[i] < this.ends[i] && isBlankByte(b[this.starts[i]])) this.starts[i]++;
    while (this.ends[i] > this.starts[i] && isBlankByte(b[this.ends[i] - 1])) this.ends[i]--;
  }
}

function isBlankByte(c: number): boolean {
  return c === 32 || c === 9;
}

/** The bytes of a quoted field with doubled quotes made single. */
export function unescapeQuotes(b: Buffer, from: number, to: number, quote = QUOTE): Buffer {
  const out = Buffer.allocUnsafe(to - from);
  let n = 0;
  for (let p = from; p < to; p++) {
    out[n++] = b[p];
    if (b[p] === quote) p++;
  }
  return out.subarray(0, n);
}

/** The field as text, quotes removed. */
export function fieldText(row: Row, b: Buffer, i: number): string {
  const { [i]: from } = row.starts;
  const { [i]: to } = row.ends;
  return row.kinds[i] === ESCAPED ? unescapeQuotes(b, from, to).toString("utf8") : b.toString("utf8", from, to);
}
