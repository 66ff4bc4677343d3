import { keyText, TOKEN_STOPS } from "./escapes.ts";

const [BACKSLASH, EQUALS] = [92, 61];
/** What is known of keys is forgotten between two points where it has become more than this. */
const MAX_KEYS = 4096;
const MAX_BYTES = 1024 * 1024;

/**
 * The keys of tags and fields by number, from 1. Points of one kind have the same keys in the same order, so the one that
 * came behind a key is tried first, byte by byte, and seldom looked up. Each text has one form with escapes: forms are compared.
 */
export class Keys {
  /** Where the key ends that was found. */
  to = 0;
  /** By number: the column that has this name; -1 where none has. */
  columns = new Int32Array(64);
  readonly #columnOf: ReadonlyMap<string, number>;
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [""];
  #bytes = new Uint8Array(1024);
  /** By number: where it begins in `#bytes`, and where the next one does. */
  #starts = new Int32Array(64);
  /** By number: the key that came behind it last. */
  #behind = new Int32Array(64);
  /** By number: the last list of keys in which it stood; no list comes again. */
  #seen = new Float64Array(64);

  constructor(columnOf: ReadonlyMap<string, number>) {
    this.#columnOf = columnOf;
  }

  /** To be called between two points. */
  refresh(): void {
    if (this.#names.length <= MAX_KEYS && this.#starts[this.#names.length] <= MAX_BYTES) return;
    this.#numbers.clear();
    this.#names.length = 1;
    // What came behind a key that is forgotten would be looked for among the bytes of others.
    this.#behind.fill(0);
    this.#bytes = new Uint8Array(1024);
  }

  /**
   * The number of the key at `p`, which {@link to} ends with an equals sign; `before` is the one in front of it, 0 at the
   * beginning of a point. -1 where there is none; then `to` is the byte that no key has.
   */
  find(b: Buffer, p: number, before: number): number {
    const guess = this.#behind[before];
    const stop = this.#starts[guess + 1];
    let [q, i] = [this.#starts[guess], p];
    while (q < stop && b[i] === this.#bytes[q]) {
      i++;
      q++;
    }
    if (q === stop && b[i] === EQUALS && i > p) {
      this.to = i;
      return guess;
    }
    for (i = p; ; i++) {
      while (TOKEN_STOPS[b[i]] === 0) i++;
      if (b[i] !== BACKSLASH) break;
      if (TOKEN_STOPS[b[i + 1]] === 2) i++;
    }
    this.to = i;
    if (b[i] !== EQUALS || i === p) return -1;
    const form = b.toString("latin1", p, i);
    const number = this.#numbers.get(form) ?? this.#add(form, b, p, i);
    this.#behind[before] = number;
    return number;
  }

  /** Whether it stands in this list of keys already; from now on it does. `list` is a number that grows. */
  isAgain(number: number, list: number): boolean {
    if (this.#seen[number] === list) return true;
    this.#seen[number] = list;
    return false;
  }

  /** The text of a key. */
  name(number: number): string {
    return this.#names[number];
  }

  #add(form: string, b: Buffer, from: number, to: number): number {
    const number = this.#names.length;
    if (number + 1 === this.#starts.length) this.#grow();
    const at = this.#starts[number];
    if (at + to - from > this.#bytes.length) {
      const larger = new Uint8Array(2 * (at + to - from));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    b.copy(this.#bytes, at, from, to);
    this.#starts[number] = at;
    this.#starts[number + 1] = at + to - from;
    const name = keyText(b, from, to);
    this.#names.push(name);
    this.columns[number] = this.#columnOf.get(name) ?? -1;
    this.#numbers.set(form, number);
    return number;
  }

  #grow(): void {
    const length = 2 * this.#starts.length;
    const larger = <T extends Int32Array | Float64Array>(into: T, of: T): T => {
      into.set(of);
      return into;
    };
    this.columns = larger(new Int32Array(length), this.columns);
    this.#starts = larger(new Int32Array(length), this.#starts);
    this.#behind = larger(new Int32Array(length), this.#behind);
    this.#seen = larger(new Float64Array(length), this.#seen);
  }
}
