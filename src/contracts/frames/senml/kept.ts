import { ExactDecimal } from "../../fields/exact-decimal.ts";
import { ABSENT, BAD, GOOD, type SenmlRecord } from "./record.ts";

/** A text that a pack keeps: `bytes[0..length)`. */
export class KeptText {
  state = ABSENT;
  bytes: Buffer = Buffer.allocUnsafe(256);
  length = 0;

  /** Adds a text of a record; false for one with half a surrogate pair, which no UTF-8 has. */
  add(b: Buffer, record: SenmlRecord, label: number): boolean {
    const [from, to] = [record.starts[label], record.ends[label]];
    this.#reserve(to - from);
    if (record.escapes[label] === 0) {
      for (let p = from; p < to; p++) this.bytes[this.length++] = b[p];
      return true;
    }
    // No escape is shorter than what it stands for.
    const text: string = JSON.parse(b.toString("utf8", from - 1, to + 1));
    this.length += this.bytes.write(text, this.length, "utf8");
    return text.isWellFormed();
  }

  /** Becomes another one, state and all. */
  set(other: KeptText): void {
    this.state = other.state;
    this.length = 0;
    this.#reserve(other.length);
    for (let p = 0; p < other.length; p++) this.bytes[p] = other.bytes[p];
    this.length = other.length;
  }

  /** Becomes what the record states, if it does; what cannot be read is kept as such, so that nobody takes the one before for it. */
  restate(b: Buffer, record: SenmlRecord, label: number): void {
    if (record.states[label] === ABSENT) return;
    this.length = 0;
    this.state = record.states[label] === GOOD && this.add(b, record, label) ? GOOD : BAD;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** A number that a pack keeps; 0 until it is stated. */
export class KeptNumber {
  state = ABSENT;
  readonly decimal = new ExactDecimal();

  /** As that of {@link KeptText}. */
  restate(b: Buffer, record: SenmlRecord, label: number): void {
    if (record.states[label] === ABSENT) return;
    const isGood = record.states[label] === GOOD && this.decimal.read(b, record.starts[label], record.ends[label]);
    this.state = isGood ? GOOD : BAD;
  }
}
