import { grown } from "../../pipeline/grown.ts";
import { Texts } from "./texts.ts";

/** Rows that are held at once: 53 bytes each, and 4 for each carried column. */
const MAX_ROWS = 1_048_576;
/** Texts that are held at once, bytes. */
const MAX_TEXT_BYTES = 48 * 1024 * 1024;
/** The number of a text that is not there. */
export const ABSENT_TEXT = -1;

/** A column that sources carry along; rows behind `numbers` have no text in it. */
interface CarriedTexts {
  readonly texts: Texts;
  numbers: Int32Array;
}

/** Rows of the table on their way into files, a typed array for each column, in the order in which they came. */
export class TableRows {
  size = 0;
  /** Days since the epoch, see `layout.ts`. */
  days = new Int32Array(1024);
  /** Milliseconds since the epoch. */
  millis = new Float64Array(1024);
  /** What is below the millisecond, 0 to 999,999. */
  nanos = new Int32Array(1024);
  values = new Float64Array(1024);
  scores = new Float64Array(1024);
  /** 1 of an anomaly. */
  anomalies = new Uint8Array(1024);
  /** Numbers of texts. */
  devices = new Int32Array(1024);
  units = new Int32Array(1024);
  batches = new Int32Array(1024);
  readonly deviceTexts = new Texts();
  readonly unitTexts = new Texts();
  readonly batchTexts = new Texts();
  readonly carried: CarriedTexts[] = [];

  /** Whether it is time to write what there is. */
  get isFull(): boolean {
    if (this.size >= MAX_ROWS) return true;
    let bytes = this.deviceTexts.bytes + this.unitTexts.bytes + this.batchTexts.bytes;
    for (const { texts } of this.carried) bytes += texts.bytes;
    return bytes >= MAX_TEXT_BYTES;
  }

  /** Forgets the rows behind the first `size`. */
  cutTo(size: number): void {
    this.size = size;
    for (const { numbers } of this.carried) numbers.fill(ABSENT_TEXT, size);
  }

  /** Makes room for a row and returns its number; all of its columns are to be set, but no carried one. */
  next(): number {
    if (this.size === this.days.length) this.#grow();
    return this.size++;
  }

  /** Sets a carried column of a row. */
  setCarried(column: number, row: number, b: Buffer, from: number, to: number): void {
    const { texts, numbers } = this.#carriedAt(column);
    numbers[row] = texts.numberOf(b, from, to);
  }

  setCarriedText(column: number, row: number, text: string): void {
    const { texts, numbers } = this.#carriedAt(column);
    numbers[row] = texts.numberOfText(text);
  }

  #carriedAt(column: number): CarriedTexts {
    while (this.carried.length <= column) {
      this.carried.push({ texts: new Texts(), numbers: new Int32Array(this.days.length).fill(ABSENT_TEXT) });
    }
    return this.carried[column];
  }

  #grow(): void {
    this.days = grown(this.days);
    this.millis = grown(this.millis);
    this.nanos = grown(this.nanos);
    this.values = grown(this.values);
    this.scores = grown(this.scores);
    this.anomalies = grown(this.anomalies);
    this.devices = grown(this.devices);
    this.units = grown(this.units);
    this.batches = grown(this.batches);
    for (const one of this.carried) {
      const { length } = one.numbers;
      one.numbers = grown(one.numbers).fill(ABSENT_TEXT, length);
    }
  }
}
