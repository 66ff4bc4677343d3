import { KEY_TWICE, SENML_INVALID, TIMESTAMP_FORMAT } from "../../../pipeline/rejects.ts";
import { ExactDecimal } from "../../fields/exact-decimal.ts";
import { InstantWriter } from "../../fields/instant-writer.ts";
import { NONE, TEXT, WORD } from "../frame.ts";
import { KeptNumber, KeptText } from "./kept.ts";
import { ABSENT, BAD, BN, BT, BU, BV, BVER, GOOD, N, type SenmlRecord, T, U, V, VB, VD, VS } from "./record.ts";

/** Times below it count from now (RFC 8428 §4.5.3), in seconds. */
const FIRST_ABSOLUTE = 2 ** 28;
/** That of RFC 8428. */
const VERSION = 10;
const ZERO = new ExactDecimal();

/** By byte, in a name (RFC 8428 §4.5.1): 1 may be in it, 2 may begin it, too. */
const NAME_BYTES = new Uint8Array(256).fill(2, 48, 58).fill(2, 65, 91).fill(2, 97, 123);
for (const character of "-:./_") NAME_BYTES[character.charCodeAt(0)] = 1;

/**
 * Resolves the records of a pack (RFC 8428 §4.6): names are joined, times and values added up, to the last digit. A base
 * holds until it is stated anew. One that cannot be read leaves the records behind it without, and they are rejected:
 * else they would be told of another device or time.
 */
export class Pack {
  /** Empty where the record has none. */
  readonly name = new KeptText();
  readonly unit = new KeptText();
  /** The timestamp of the data contract, `time[0..timeEnd)`; empty where the record has none. */
  readonly time = Buffer.allocUnsafe(4096);
  timeEnd = 0;
  /** What the value is, see `look` of a frame; its text is `value[valueStart..valueEnd)`. */
  valueKind = NONE as number;
  value: Buffer = this.time;
  valueStart = 0;
  valueEnd = 0;
  readonly #baseName = new KeptText();
  readonly #baseUnit = new KeptText();
  readonly #baseTime = new KeptNumber();
  readonly #baseValue = new KeptNumber();
  readonly #text = new KeptText();
  /** Bytes of the base in front of the name; -1 where that may be another by now. */
  #joined = -1;
  readonly #number = new ExactDecimal();
  readonly #sum = new ExactDecimal();
  readonly #arrival: () => number;
  readonly #writer = new InstantWriter();
  readonly #digits = new Uint8Array(4000);

  /** `arrival`: when "now" is, in milliseconds since the epoch; asked where a time counts from it. */
  constructor(arrival: () => number) {
    this.#arrival = arrival;
  }

  /** Lets go of what was stated: another pack begins. */
  begin(): void {
    for (const base of [this.#baseName, this.#baseUnit, this.#baseTime, this.#baseValue]) base.state = ABSENT;
    this.#joined = -1;
  }

  /** The version that the record states, where it is none that is known here; else "". */
  newerVersion(b: Buffer, { states, starts, ends }: SenmlRecord): string {
    const version = states[BVER] === GOOD ? b.toString("latin1", starts[BVER], ends[BVER]) : "";
    return Number(version) > VERSION ? version : "";
  }

  /** Takes in what the record states, resolves it, and returns why it is no reading; see `rejects.ts`. */
  take(b: Buffer, record: SenmlRecord): number {
    this.#baseTime.restate(b, record, BT);
    this.#baseValue.restate(b, record, BV);
    this.#baseUnit.restate(b, record, BU);
    this.#baseName.restate(b, record, BN);
    if (record.states[BN] !== ABSENT) this.#joined = -1;
    this.valueKind = NONE;
    if (record.isLabelTwice) return KEY_TWICE;
    if (record.isTypeWrong) return SENML_INVALID;
    const { states } = record;
    const values = states[V] + states[VS] + states[VB] + states[VD];
    const isNamed = this.#joinName(b, record);
    const hasUnit = this.#chooseUnit(b, record);
    const reason = this.#addTime(b, record);
    if (values === 0) return 0;
    if (values > GOOD || !isNamed || !hasUnit) return SENML_INVALID;
    const isValue = states[V] === GOOD ? this.#addValue(b, record) : this.#takeWord(b, record);
    return isValue ? reason : SENML_INVALID;
  }

  #joinName(b: Buffer, record: SenmlRecord): boolean {
    const name = this.name;
    // The base stands in front in any case, but where another pack has begun or another base was stated.
    if (this.#joined < 0) {
      name.length = 0;
      if (this.#baseName.state === GOOD) name.set(this.#baseName);
      this.#joined = name.length;
    }
    name.length = this.#joined;
    const isWhole = record.states[N] === ABSENT || name.add(b, record, N);
    if (this.#baseName.state !== BAD && isWhole && isName(name)) return true;
    name.length = 0;
    return false;
  }

  #addTime(b: Buffer, { states, starts, ends }: SenmlRecord): number {
    const [number, sum] = [this.#number, this.#sum];
    const base = this.#baseTime;
    this.timeEnd = 0;
    if (base.state === BAD || (states[T] === GOOD && !number.read(b, starts[T], ends[T]))) return SENML_INVALID;
    sum.setSum(base.state === GOOD ? base.decimal : ZERO, states[T] === GOOD ? number : ZERO);
    if (sum.isBelow(FIRST_ABSOLUTE)) {
      number.setSum(sum, ExactDecimal.of(this.#arrival(), 3));
      sum.setSum(number, ZERO);
    }
    sum.writeFraction(this.#digits);
    const end = this.#writer.write(this.time, 0, sum.floor(), this.#digits, 0, sum.scale);
    this.timeEnd = Math.max(end, 0);
    return end < 0 ? TIMESTAMP_FORMAT : 0;
  }

  #chooseUnit(b: Buffer, record: SenmlRecord): boolean {
    if (record.states[U] === ABSENT) this.unit.set(this.#baseUnit);
    else this.unit.restate(b, record, U);
    return this.unit.state !== BAD;
  }

  #addValue(b: Buffer, { starts, ends }: SenmlRecord): boolean {
    const base = this.#baseValue;
    this.#say(TEXT, b, starts[V], ends[V]);
    if (base.state !== GOOD) return base.state === ABSENT;
    if (!this.#number.read(b, starts[V], ends[V])) return false;
    this.#sum.setSum(base.decimal, this.#number);
    const text = Buffer.from(this.#sum.toString(), "latin1");
    this.#say(TEXT, text, 0, text.length);
    return true;
  }

  #takeWord(b: Buffer, record: SenmlRecord): boolean {
    const label = record.states[VB] === GOOD ? VB : record.states[VS] === GOOD ? VS : VD;
    this.#say(WORD, b, record.starts[label], record.ends[label]);
    if (record.escapes[label] === 0) return true;
    this.#text.length = 0;
    if (!this.#text.add(b, record, label)) return false;
    this.#say(WORD, this.#text.bytes, 0, this.#text.length);
    return true;
  }

  #say(kind: number, value: Buffer, start: number, end: number): void {
    this.valueKind = kind;
    this.value = value;
    this.valueStart = start;
    this.valueEnd = end;
  }
}

function isName({ bytes, length }: KeptText): boolean {
  if (length === 0 || NAME_BYTES[bytes[0]] !== 2) return false;
  for (let i = 1; i < length; i++) if (NAME_BYTES[bytes[i]] === 0) return false;
  return true;
}
