import * as reject from "../../pipeline/rejects.ts";
import { type Cells, FIELDS, type NoReading, noReading } from "./reading.ts";

const MAX_DEPTH = 64;
const PLACES: ReadonlyMap<string, number> = new Map(FIELDS.map((name, i) => [name, i]));
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANKS = /[ \t\n\r]*/y;
/** RFC 8259 §7: what stands for itself in a string. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPED = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const LITERALS = ["true", "false", "null"];

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
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, end);
    start = end + 1;
    if (line.trim() === "") continue;
    try {
      onCells(new JsonReader(line).only());
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      onCells(noReading(reject.JSON_INVALID));
    }
  }
}

/** Reads values as they are written: as numbers of JavaScript they would not be what they were. */
class JsonReader {
  readonly #text: string;
  #p = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(onCells: OnCells): void {
    if (this.#next() !== "[") {
      onCells(this.only());
      return;
    }
    this.#p++;
    if (this.#next() === "]") this.#p++;
    else this.#each("]", () => onCells(this.#reading()));
    this.#end();
  }

  only(): Cells | NoReading {
    const reading = this.#reading();
    this.#end();
    return reading;
  }

  #end(): void {
    if (this.#next() !== undefined) throw new Malformed(this.#p);
  }

  #reading(): Cells | NoReading {
    if (this.#next() !== "{") {
      this.#skip(0);
      return { reason: "reading_invalid", message: 'not an object such as {"device_id": "A", "value": 1}' };
    }
    const cells: (string | undefined)[] = [undefined, undefined, undefined, undefined, undefined];
    let problem: NoReading | null = null;
    let seen = 0;
    this.#p++;
    if (this.#next() === "}") {
      this.#p++;
      return cells;
    }
    this.#each("}", () => {
      const name = this.#key();
      const place = PLACES.get(name) ?? -1;
      if (place < 0) {
        const known = FIELDS.join(", ");
        problem ??= { reason: "field_unknown", message: `${JSON.stringify(name.slice(0, 64))} is none of ${known}` };
        this.#skip(0);
        return;
      }
      if ((seen & (1 << place)) !== 0) problem ??= noReading(reject.KEY_TWICE);
      seen |= 1 << place;
      const first = this.#next();
      if (first === '"') cells[place] = this.#string();
      else if (first === "-" || (first !== undefined && first >= "0" && first <= "9")) cells[place] = this.#number();
      else if (this.#skip(0) !== "null") {
        problem ??= { reason: `${name}_invalid`, message: `${name} is neither a text nor a number` };
      }
    });
    return problem ?? cells;
  }

  #each(close: string, item: () => void): void {
    for (;;) {
      item();
      const sign = this.#next();
      this.#p++;
      if (sign === close) return;
      if (sign !== ",") throw new Malformed(this.#p - 1);
    }
  }

  #key(): string {
    if (this.#next() !== '"') throw new Malformed(this.#p);
    const key = this.#string();
    if (this.#next() !== ":") throw new Malformed(this.#p);
    this.#p++;
    return key;
  }

  /** Behind a value, whose text is returned where it is no object and no array. */
  #skip(depth: number): string {
    const first = this.#next();
    if (first === '"') return this.#string();
    if (first === "{" || first === "[") {
      if (depth === MAX_DEPTH) throw new Malformed(this.#p);
      const close = first === "{" ? "}" : "]";
      this.#p++;
      if (this.#next() === close) this.#p++;
      else {
        this.#each(close, () => {
          if (first === "{") this.#key();
          this.#skip(depth + 1);
        });
      }
      return first;
    }
    const literal = LITERALS.find((one) => this.#text.startsWith(one, this.#p));
    if (literal === undefined) return this.#number();
    this.#p += literal.length;
    return literal;
  }

  #number(): string {
    const number = this.#match(NUMBER);
    if (number === "") throw new Malformed(this.#p);
    return number;
  }

  #string(): string {
    const start = this.#p++;
    const plain = this.#match(PLAIN);
    if (this.#text[this.#p] === '"') {
      this.#p++;
      return plain;
    }
    this.#match(ESCAPED);
    if (this.#text[this.#p] !== '"') throw new Malformed(this.#p);
    return JSON.parse(this.#text.slice(start, ++this.#p));
  }

  /** The first character that is no blank. */
  #next(): string | undefined {
    const character = this.#text[this.#p];
    if (character !== undefined && character > " ") return character;
    this.#match(BLANKS);
    return this.#text[this.#p];
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#p;
    const [found] = pattern.exec(this.#text) ?? [""];
    this.#p += found.length;
    return found;
  }
}
