import { NULL_TEXT } from "../parquet/columns.ts";
import { Texts } from "./texts.ts";

/** Rows that are held at once, but for those of the slice that makes it full: 53 bytes each, and 4 for each carried column. */
const MAX_ROWS = 500_000;
const FIRST_ROWS = 1024;
/** Texts that are held at once, bytes. */
const MAX_TEXT_BYTES = 48 * 1024 * 1024;

/** Rows on their way into files, a typed array for each column, in the order in which they came; `size` of each are rows. */
export interface RowColumns {
  readonly size: number;
  /** Days since the epoch, see `layout.ts`. */
  readonly days: Int32Array;
  /** Milliseconds since the epoch. */
  readonly millis: Float64Array;
  /** What is below the millisecond, 0 to 999,999. */
  readonly nanos: Int32Array;
  readonly values: Float64Array;
  readonly scores: Float64Array;
  /** 1 of an anomaly. */
  readonly anomalies: Uint8Array;
  /** Numbers of texts, and these. */
  readonly devices: Int32Array;
  readonly units: Int32Array;
  readonly batches: Int32Array;
  readonly deviceTexts: readonly string[];
  readonly unitTexts: readonly string[];
  readonly batchTexts: readonly string[];
  readonly carried: readonly { readonly texts: readonly string[]; readonly numbers: Int32Array }[];
}

/** A column that sources carry along; rows behind `numbers` have no text in it. */
interface CarriedTexts {
  readonly texts: Texts;
  numbers: Int32Array;
}

/** A buffer of rows, in memory that threads can see. */
export class TableRows {
  size = 0;
  days: Int32Array;
  millis: Float64Array;
  nanos: Int32Array;
  values: Float64Array;
  scores: Float64Array;
  anomalies: Uint8Array;
  devices: Int32Array;
  units: Int32Array;
  batches: Int32Array;
  deviceTexts = new Texts();
  unitTexts = new Texts();
  batchTexts = new Texts();
  carried: CarriedTexts[] = [];

  /** With room for so many rows; it grows. */
  constructor(rows = FIRST_ROWS) {
    this.days = integers(rows);
    this.millis = doubles(rows);
    this.nanos = integers(rows);
    this.values = doubles(rows);
    this.scores = doubles(rows);
    this.anomalies = new Uint8Array(new SharedArrayBuffer(rows));
    this.devices = integers(rows);
    this.units = integers(rows);
    this.batches = integers(rows);
  }

  get capacity(): number {
    return this.days.length;
  }

  /** Whether it is time to write what there is. */
  get isFull(): boolean {
    if (this.size >= MAX_ROWS) return true;
    let bytes = this.deviceTexts.bytes + this.unitTexts.bytes + this.batchTexts.bytes;
    for (const { texts } of this.carried) bytes += texts.bytes;
    return bytes >= MAX_TEXT_BYTES;
  }

  /** What there is, for as long as nothing is put here. */
  columns(): RowColumns {
    const { size, days, millis, nanos, values, scores, anomalies, devices, units, batches } = this;
    return {
      ...{ size, days, millis, nanos, values, scores, anomalies, devices, units, batches },
      deviceTexts: this.deviceTexts.values,
      unitTexts: this.unitTexts.values,
      batchTexts: this.batchTexts.values,
      carried: this.carried.map(({ texts, numbers }) => ({ texts: texts.values, numbers })),
    };
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
    if (this.size === this.capacity) this.#grow();
    return this.size++;
  }

  /** Makes room for so many rows behind those that are here, as {@link next} does for one. */
  reserve(rows: number): void {
    while (this.size + rows > this.capacity) this.#grow();
    this.size += rows;
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
      this.carried.push({ texts: new Texts(), numbers: integers(this.capacity).fill(NULL_TEXT) });
    }
    return this.carried[column];
  }

  #grow(): void {
    const rows = this.capacity * 2;
    this.days = copied(this.days, integers(rows));
    this.millis = copied(this.millis, doubles(rows));
    this.nanos = copied(this.nanos, integers(rows));
    this.values = copied(this.values, doubles(rows));
    this.scores = copied(this.scores, doubles(rows));
    this.anomalies = copied(this.anomalies, new Uint8Array(new SharedArrayBuffer(rows)));
    this.devices = copied(this.devices, integers(rows));
    this.units = copied(this.units, integers(rows));
    this.batches = copied(this.batches, integers(rows));
    for (const one of this.carried) one.numbers = copied(one.numbers, integers(rows).fill(NULL_TEXT));
  }
}

function doubles(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

function integers(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

function copied<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
