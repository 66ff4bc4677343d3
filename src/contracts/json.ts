import { quote } from "../errors.ts";
import { type At, type Problem, problem } from "./problem.ts";

/** What a JSON text holds. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
const LITERALS: Readonly<Record<string, Json>> = { true: true, false: false, null: null };
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" },
};

/**
 * Reads a JSON text (RFC 8259) of at most 256 KiB, with a byte order mark or without. Never throws: what is wrong comes
 * back as problems, and then there may be no value. `JSON.parse` would keep the last of two keys of one name without a
 * word, and its messages differ by version of Node.
 */
export function readJson(text: string): { readonly value?: Json; readonly problems: readonly Problem[] } {
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) {
    return { problems: [problem([], "is longer than 256 KiB", "at most 262,144 bytes of JSON")] };
  }
  const reader = new Reader(text);
  try {
    return { value: reader.document(), problems: reader.problems };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { problems: [...reader.problems, error.problem] };
  }
}

/** Ends the reading; does not leave this file. */
class Unreadable extends Error {
  readonly problem: Problem;

  constructor(one: Problem) {
    super(one.why);
    this.problem = one;
  }
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #at: PropertyKey[] = [];
  #p = 0;

  constructor(text: string) {
    this.#text = text;
    if (text.startsWith("\ufeff")) this.#p = 1;
  }

  document(): Json {
    const value = this.#value();
    if (this.#next() !== "") throw this.#unexpected("the end of the file");
    return value;
  }

  #value(): Json {
    const first = this.#next();
    if (first === "{") return this.#object();
    if (first === "[") return this.#list();
    if (first === '"') return this.#string();
    const [token] = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/.exec(
      this.#text.slice(this.#p, this.#p + 400),
    ) ?? [null];
    if (token === null) throw this.#unexpected("a value");
    this.#p += token.length;
    if (Object.hasOwn(LITERALS, token)) return LITERALS[token];
    const number = Number(token);
    if (Number.isFinite(number)) return number;
    this.#wrong([...this.#at], `is ${quote(token)}`, "a number of magnitude below 1e308");
    return 0;
  }

  #object(): Json {
    const object: { [key: string]: Json } = {};
    this.#each("}", () => {
      if (this.#next() !== '"') throw this.#unexpected("a key in quotes");
      const key = this.#string();
      const at = [...this.#at, key];
      if (Object.hasOwn(object, key)) this.#wrong(at, "stands twice", "each key once");
      if (key === "__proto__") this.#wrong(at, "is a name that JavaScript keeps for itself", "any other name");
      if (this.#next() !== ":") throw this.#unexpected('":"');
      this.#p++;
      const value = this.#inside(key);
      if (key !== "__proto__") object[key] = value;
    });
    return object;
  }

  #list(): Json {
    const list: Json[] = [];
    this.#each("]", () => list.push(this.#inside(list.length)));
    return list;
  }

  /** Reads what stands between brackets, comma by comma. */
  #each(end: string, read: () => void): void {
    if (this.#at.length >= MAX_DEPTH) {
      throw new Unreadable(
        problem(this.#at.slice(0, 8), "is nested deeper than 32 levels", "what the schema describes"),
      );
    }
    this.#p++;
    if (this.#next() !== end) {
      for (;;) {
        read();
        if (this.#next() !== ",") break;
        this.#p++;
      }
      if (this.#next() !== end) throw this.#unexpected(`"," or "${end}"`);
    }
    this.#p++;
  }

  #inside(key: PropertyKey): Json {
    this.#at.push(key);
    const value = this.#value();
    this.#at.pop();
    return value;
  }

  #string(): string {
    let value = "";
    for (this.#p++; this.#text[this.#p] !== '"'; this.#p++) {
      const unit = this.#text[this.#p];
      if (unit === undefined || unit < " ") throw this.#unexpected("the quote that ends a text");
      value += unit === "\\" ? this.#escape() : unit;
    }
    this.#p++;
    if (!value.isWellFormed()) this.#wrong([...this.#at], "has half a surrogate pair", "valid Unicode");
    return value;
  }

  #escape(): string {
    this.#p++;
    const [, code] = /^u([\da-fA-F]{4})/.exec(this.#text.slice(this.#p, this.#p + 5)) ?? [];
    if (code !== undefined) {
      this.#p += 4;
      return String.fromCharCode(Number.parseInt(code, 16));
    }
    const meant = ESCAPES[this.#text[this.#p]];
    if (meant === undefined) throw this.#unexpected("an escape of JSON");
    return meant;
  }

  /** The next character that is no blank; "" at the end. */
  #next(): string {
    while (" \t\n\r".includes(this.#text[this.#p] ?? "x")) this.#p++;
    return this.#text[this.#p] ?? "";
  }

  #wrong(at: At, why: string, allowed: string): void {
    this.problems.push(problem(at, why, allowed));
  }

  #unexpected(wanted: string): Unreadable {
    const lines = this.#text.slice(0, this.#p).split(/\r\n|\n|\r/);
    const found = [...this.#text.slice(this.#p, this.#p + 2)][0];
    const what = found === undefined ? "the file ends" : `there is ${quote(found)}`;
    const place = `line ${lines.length}, character ${lines[lines.length - 1].length + 1}`;
    const hint =
      found === "/" || found === "#" ? `${wanted}; JSON has no comments, a "description" may say it` : wanted;
    return new Unreadable(problem([], `is no JSON: at ${place} ${what}`, hint));
  }
}
