import { NULL_TEXT } from "../parquet/columns.ts";
import { grown, Texts } from "./texts.ts";

/** Rows that are held at once: 53 bytes each, and 4 for each carried column. */
const MAX_ROWS = 1_048_576;
/**
 * It grows by so much from so many rows on, since what is grown is copied: in five steps to 1,310,720, which are as many as
 * there are and those of the slice that made it full.
 */
const GROWTH = 4;
const FIRST_ROWS = 1280;
/** Texts that are held at once, bytes. */
const MAX_TEXT_BYTES = 48 * 1024 * 1024;
/** A column that sources carry along; rows behind `numbers` have no text in it. */
interface CarriedTexts {
  readonly texts: Texts;
  numbers: Int32Array;
}

/** Rows of the table on their way into files, a typed array for each column, in the order in which they came. */
export class TableRows {
  size = 0;
  /** Days since the epoch, see `layout.ts`. */
  days = new Int32Array(FIRST_ROWS);
  /** Milliseconds since the epoch. */
  millis = new Float64Array(FIRST_ROWS);
  /** What is below the millisecond, 0 to 999,999. */
  nanos = new Int32Array(FIRST_ROWS);
  values = new Float64Array(FIRST_ROWS);
  scores = new Float64Array(FIRST_ROWS);
  /** 1 of an anomaly. */
  anomalies = new Uint8Array(FIRST_ROWS);
  /** Numbers of texts. */
  devices = new Int32Array(FIRST_ROWS);
  units = new Int32Array(FIRST_ROWS);
  batches = new Int32Array(FIRST_ROWS);
  deviceTexts = new Texts();
  unitTexts = new Texts();
  batchTexts = new Texts();
  carried: CarriedTexts[] = [];

  /** Whether it is time to write what there is. */
  get isFull(): boolean {
    if (this.size >= MAX_ROWS) return true;
    let bytes = this.deviceTexts.bytes + this.unitTexts.bytes + this.batchTexts.bytes;
    for (const { texts } of this.carried) bytes += texts.bytes;
    return bytes >= MAX_TEXT_BYTES;
  }

  /** Forgets all rows, and keeps their memory. */
  clear(): void {
    this.size = 0;
    this.deviceTexts = new Texts();
    this.unitTexts = new Texts();
    this.batchTexts = new Texts();
    this.carried = [];
  }

  /** Forgets the rows behind the first `size`. */
  cutTo(size: number): void {
    this.size = size;
    for (const { numbers } of this.carried) numbers.fill(NULL_TEXT, size);
  }

  /** Makes room for a row and returns its number; all of its columns are to be set, but no carried one. */
  next(): number {
    if (this.size === this.days.length) this.#grow();
    return this.size++;
  }

  /** Sets a carried column of a row. */
  setCarried(column: number, row: number, view: DataView, b: Uint8Array, from: number, to: number): void {
    const { texts, numbers } = this.#carriedAt(column);
    numbers[row] = texts.numberOf(view, b, from, to);
  }

  setCarriedText(column: number, row: number, text: string): void {
    const { texts, numbers } = this.#carriedAt(column);
    numbers[row] = texts.numberOfText(text);
  }

  #carriedAt(column: number): CarriedTexts {
    while (this.carried.length <= column) {
      this.carried.push({ texts: new Texts(), numbers: new Int32Array(this.days.length).fill(NULL_TEXT) });
    }
    return this.carried[column];
  }

  #grow(): void {
    this.days = grown(this.days, GROWTH);
    this.millis = grown(this.millis, GROWTH);
    this.nanos = grown(this.nanos, GROWTH);
    this.values = grown(this.values, GROWTH);
    this.scores = grown(this.scores, GROWTH);
    this.anomalies = grown(this.anomalies, GROWTH);
    this.devices = grown(this.devices, GROWTH);
    this.units = grown(this.units, GROWTH);
    this.batches = grown(this.batches, GROWTH);
    for (const one of this.carried) {
      const { length } = one.numbers;
      one.numbers = grown(one.numbers, GROWTH).fill(NULL_TEXT, length);
    }
  }
}
