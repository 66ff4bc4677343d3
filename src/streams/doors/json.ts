import * as reject from "../../pipeline/rejects.ts";
import { type Cells, FIELDS, type NoReading, noReading } from "./reading.ts";

const MAX_DEPTH = 64;
const LITERALS = ["true", "false", "null"];
const [TAB, LINE_FEED, RETURN, BLANK, QUOTE, COMMA, MINUS, POINT, ZERO, NINE, COLON] = [
  9, 10, 13, 32, 34, 44, 45, 46, 48, 57, 58,
];
const [OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 92, 93, 123, 125];
/** Behind the end. */
const END = -1;

/** Not JSON. */
class Malformed extends Error {
  readonly at: number;

  constructor(at: number) {
    super(`this is not JSON at character ${at + 1}`);
    this.at = at;
  }
}

/** What is told of each reading: its cells, or why it is none. */
export type OnCells = (cells: Cells | NoReading) => void;

/** Reads one object or an array of them. Returns what is wrong where it is no JSON, with nothing to be kept of it; null otherwise. */
export function readJsonDocument(text: string, onCells: OnCells): string | null {
  const reader = new JsonReader(text);
  try {
    reader.document(onCells);
    return null;
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
}

/** Reads an object a line; a line that is no JSON is no reading. */
export function readJsonLines(text: string, onCells: OnCells): void {
  const reader = new JsonReader(text);
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const cells = reader.line(start, end);
    if (cells !== null) onCells(cells);
    start = end + 1;
  }
}

/** Reads values as they are written: as numbers of JavaScript they would not be what they were. */
class JsonReader {
  readonly #text: string;
  #p = 0;
  #end: number;

  constructor(text: string) {
    this.#text = text;
    this.#end = text.length;
  }

  document(onCells: OnCells): void {
    if (this.#next() !== OPEN_ARRAY) {
      onCells(this.#only());
      return;
    }
    this.#p++;
    if (this.#next() === CLOSE_ARRAY) this.#p++;
    else {
      do onCells(this.#reading());
      while (this.#goesOn(CLOSE_ARRAY));
    }
    this.#finish();
  }

  /** The reading of a line; null for a blank one. */
  line(start: number, end: number): Cells | NoReading | null {
    this.#p = start;
    this.#end = end;
    if (this.#next() === END) return null;
    try {
      return this.#only();
    } catch (error) {
      if (error instanceof Malformed) return noReading(reject.JSON_INVALID);
      throw error;
    }
  }

  #only(): Cells | NoReading {
    const reading = this.#reading();
    this.#finish();
    return reading;
  }

  #finish(): void {
    if (this.#next() !== END) throw new Malformed(this.#p);
  }

  #reading(): Cells | NoReading {
    if (this.#next() !== OPEN_OBJECT) {
      this.#skip(0);
      return { reason: "reading_invalid", message: 'not an object such as {"device_id": "A", "value": 1}' };
    }
    const cells: (string | undefined)[] = [undefined, undefined, undefined, undefined, undefined];
    this.#p++;
    if (this.#next() === CLOSE_OBJECT) {
      this.#p++;
      return cells;
    }
    let problem: NoReading | null = null;
    let seen = 0;
    do {
      const name = this.#key();
      const place = FIELDS.indexOf(name as (typeof FIELDS)[number]);
      if (place < 0) {
        const known = FIELDS.join(", ");
        problem ??= { reason: "field_unknown", message: `${JSON.stringify(name.slice(0, 64))} is none of ${known}` };
        this.#skip(0);
        continue;
      }
      if ((seen & (1 << place)) !== 0) problem ??= noReading(reject.KEY_TWICE);
      seen |= 1 << place;
      const first = this.#next();
      if (first === QUOTE) cells[place] = this.#string();
      else if (first === MINUS || (first >= ZERO && first <= NINE)) cells[place] = this.#number();
      else if (this.#skip(0) !== "null") {
        problem ??= { reason: `${name}_invalid`, message: `${name} is neither a text nor a number` };
      }
    } while (this.#goesOn(CLOSE_OBJECT));
    return problem ?? cells;
  }

  /** Whether something follows behind an item; what closes the whole is passed. */
  #goesOn(close: number): boolean {
    const sign = this.#next();
    this.#p++;
    if (sign === COMMA) return true;
    if (sign === close) return false;
    throw new Malformed(this.#p - 1);
  }

  #key(): string {
    if (this.#next() !== QUOTE) throw new Malformed(this.#p);
    const key = this.#string();
    if (this.#next() !== COLON) throw new Malformed(this.#p);
    this.#p++;
    return key;
  }

  /** Behind a value, whose text is returned where it is no object and no array. */
  #skip(depth: number): string {
    const first = this.#next();
    if (first === QUOTE) return this.#string();
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (depth === MAX_DEPTH) throw new Malformed(this.#p);
      const close = first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      this.#p++;
      if (this.#next() === close) {
        this.#p++;
        return "";
      }
      do {
        if (first === OPEN_OBJECT) this.#key();
        this.#skip(depth + 1);
      } while (this.#goesOn(close));
      return "";
    }
    const literal = LITERALS.find((one) => this.#text.startsWith(one, this.#p));
    if (literal === undefined) return this.#number();
    this.#p += literal.length;
    return literal;
  }

  /** RFC 8259 §6. */
  #number(): string {
    const start = this.#p;
    if (this.#at(start) === MINUS) this.#p++;
    if (this.#at(this.#p) === ZERO) this.#p++;
    else this.#digits();
    if (this.#at(this.#p) === POINT) {
      this.#p++;
      this.#digits();
    }
    // An e, whichever case.
    if ((this.#at(this.#p) | 32) === 101) {
      this.#p++;
      const sign = this.#at(this.#p);
      if (sign === MINUS || sign === 43) this.#p++;
      this.#digits();
    }
    return this.#text.slice(start, this.#p);
  }

  #digits(): void {
    const start = this.#p;
    for (let d = this.#at(start); d >= ZERO && d <= NINE; d = this.#at(++this.#p));
    if (this.#p === start) throw new Malformed(start);
  }

  /** RFC 8259 §7. */
  #string(): string {
    const text = this.#text;
    const start = ++this.#p;
    let p = start;
    for (; p < this.#end; p++) {
      const c = text.charCodeAt(p);
      if (c === QUOTE) {
        this.#p = p + 1;
        return text.slice(start, p);
      }
      if (c === BACKSLASH || c < BLANK) break;
    }
    for (; p < this.#end; p++) {
      const c = text.charCodeAt(p);
      if (c === QUOTE) return this.#unescaped(start - 1, p + 1);
      if (c < BLANK) break;
      if (c === BACKSLASH) p++;
    }
    throw new Malformed(Math.min(p, this.#end));
  }

  #unescaped(start: number, end: number): string {
    try {
      const value: string = JSON.parse(this.#text.slice(start, end));
      this.#p = end;
      return value;
    } catch {
      throw new Malformed(start);
    }
  }

  /** The first character that is no blank. */
  #next(): number {
    for (; this.#p < this.#end; this.#p++) {
      const c = this.#text.charCodeAt(this.#p);
      if (c !== BLANK && c !== LINE_FEED && c !== RETURN && c !== TAB) return c;
    }
    return END;
  }

  #at(p: number): number {
    return p < this.#end ? this.#text.charCodeAt(p) : END;
  }
}
