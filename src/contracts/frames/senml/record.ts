import { JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, type PackScanner } from "./scanner.ts";

/** Labels of RFC 8428 §4.3, by number. */
export const [BN, BT, BU, BV, , BVER, N, U, V, VS, VB, VD, , T] = Array.from({ length: 15 }, (_, i) => i);
const LABELS = ["bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"];
const TYPES = LABELS.map((label) =>
  ["bn", "bu", "n", "u", "vs", "vd"].includes(label) ? JSON_STRING : label === "vb" ? JSON_BOOLEAN : JSON_NUMBER,
);
const NUMBER_OF = new Map(LABELS.map((label, i) => [label, i]));
const [COMMA, UNDERSCORE, CLOSE] = [44, 95, 125];
/** By the bytes of a label of one or two letters. */
const SHORT = new Int8Array(65_536).fill(-1);
for (const [label, i] of NUMBER_OF) {
  if (label.length <= 2) SHORT[Buffer.from(label.padStart(2, "\0")).readUInt16BE()] = i;
}

/** What a label has: nothing; what it should have; something else, or it stands twice. */
export const ABSENT = 0;
export const GOOD = 1;
export const BAD = 2;

/** The fields of a record of SenML: of each label whether it is there, and where its value is, a text without its quotes. */
export class SenmlRecord {
  readonly states = new Uint8Array(LABELS.length);
  readonly starts = new Int32Array(LABELS.length);
  readonly ends = new Int32Array(LABELS.length);
  readonly escapes = new Uint8Array(LABELS.length);
  isLabelTwice = false;
  /** A value is not of its label's type. */
  isTypeWrong = false;
  /** The first label that must be understood, and is not (RFC 8428 §4.4); "" where there is none. */
  unknown = "";

  /** Reads the object whose brace is at `p`: where it ends, or -1 as the scanner. */
  read(b: Buffer, p: number, scanner: PackScanner): number {
    this.states.fill(ABSENT);
    this.isLabelTwice = false;
    this.isTypeWrong = false;
    this.unknown = "";
    p = scanner.skip(b, p + 1);
    if (b[p] === CLOSE) return p + 1;
    for (;;) {
      const label = p + 1;
      p = scanner.label(b, p);
      if (p < 0) return -1;
      const number = this.#numberOf(b, label, scanner.labelEnd, scanner.hasEscapes);
      const start = p;
      p = scanner.value(b, p);
      if (p < 0) return -1;
      if (number >= 0) this.#set(number, start, p, scanner);
      p = scanner.skip(b, p);
      if (b[p] === CLOSE) return p + 1;
      if (b[p] !== COMMA) return scanner.fail(p, '"," or "}"');
      p = scanner.skip(b, p + 1);
    }
  }

  #set(number: number, start: number, end: number, { kind, hasEscapes }: PackScanner): void {
    const isTwice = this.states[number] !== ABSENT;
    if (isTwice) this.isLabelTwice = true;
    if (kind !== TYPES[number]) this.isTypeWrong = true;
    this.states[number] = isTwice || kind !== TYPES[number] ? BAD : GOOD;
    const quote = kind === JSON_STRING ? 1 : 0;
    this.starts[number] = start + quote;
    this.ends[number] = end - quote;
    this.escapes[number] = hasEscapes ? 1 : 0;
  }

  #numberOf(b: Buffer, from: number, to: number, hasEscapes: boolean): number {
    if (!hasEscapes && to - from <= 2) {
      const number = SHORT[to - from === 2 ? (b[from] << 8) | b[from + 1] : to === from ? 0 : b[from]];
      if (number >= 0 || b[to - 1] !== UNDERSCORE || to === from) return number;
    } else if (!hasEscapes && b[to - 1] !== UNDERSCORE && to - from !== 4) return -1;
    const label: string = JSON.parse(b.toString("utf8", from - 1, to + 1));
    if (label.endsWith("_") && this.unknown === "") this.unknown = label;
    return NUMBER_OF.get(label) ?? -1;
  }
}
