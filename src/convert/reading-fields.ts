import { quote } from "../errors.ts";

/** The fields of one reading after the other. Those of the first are the header, and no other may have more. */
export class ReadingFields {
  /** The keys of the first reading, in their order; null before its end. */
  header: string[] | null = null;
  /** How many readings are complete. */
  count = 0;
  #known: ReadonlySet<string> = new Set();
  #values = new Map<string, string>();
  #key = "";

  /** The reading that is being read, as messages call it. */
  get name(): string {
    return `reading ${this.count + 1}`;
  }

  open(): void {
    this.#values = new Map();
  }

  /** Begins a field. Returns what is wrong with its key, and what to do; null for nothing. */
  startField(key: string): string | null {
    this.#key = key;
    if (this.#values.has(key)) return `${this.name} has the field ${quote(key)} twice. Keep one`;
    if (this.header === null || this.#known.has(key)) return null;
    const what = `${this.name} has a field ${quote(key)} that the first reading does not have`;
    return `${what}. Give every reading the same fields`;
  }

  /** The value of the field that was begun. */
  set(value: string): void {
    this.#values.set(this.#key, value);
  }

  /** Ends the reading. Returns its values in the order of the header, `""` for what it does not have; null when it has none. */
  close(): string[] | null {
    if (this.#values.size === 0) return null;
    if (this.header === null) {
      this.header = [...this.#values.keys()];
      this.#known = new Set(this.header);
    }
    this.count++;
    return this.header.map((key) => this.#values.get(key) ?? "");
  }
}
