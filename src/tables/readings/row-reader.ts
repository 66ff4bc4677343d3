import { parseDecimal, readDecimal } from "../../pipeline/decimal.ts";
import { ANOMALY_SIDE } from "../../pipeline/devices.ts";
import { ANOMALY_SCORE, DEVICE_ID, type Header, TIMESTAMP, UNIT, VALUE } from "../../pipeline/header.ts";
import { ESCAPED, Row, unescapeQuotes } from "../../pipeline/row.ts";
import type { RowTrace } from "../../pipeline/sinks.ts";
import { epochMillis, nanosOfMilli } from "../../pipeline/timestamp.ts";
import type { TableColumns } from "./columns.ts";
import { dayOf } from "./layout.ts";
import type { TableRows } from "./row-buffer.ts";

/**
 * Puts the readings that the scanner has found into a buffer: it has said that each is one, and what its columns are read
 * by is what it reads them by, so that a number is the same here, bit for bit, as in gold.
 */
export class RowReader implements RowTrace {
  readonly #row = new Row();
  readonly #numbers = new Float64Array(1);
  readonly #buffer: () => TableRows;
  readonly #columns: TableColumns;
  readonly #batch: string;
  #header: Header | undefined;
  /** The carried columns of this source: which of its columns, and which of the table's. */
  #carried: { readonly field: number; readonly column: number }[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  /** Rows of the batch of this path, of whatever buffer there is when they come. */
  constructor(buffer: () => TableRows, columns: TableColumns, batch: string) {
    this.#buffer = buffer;
    this.#columns = columns;
    this.#batch = batch;
  }

  /** To be called with the header of each object, before its rows. */
  header(header: Header): void {
    this.#header = header;
    this.#carried = header.names.flatMap((name, field) =>
      header.roles[field] === 0 ? [{ field, column: this.#columns.carriedBy(name) }] : [],
    );
  }

  blank(): void {}

  reading(_line: number, _byteOffset: number, side: number, b: Uint8Array, from: number, to: number): void {
    const header = this.#header!;
    const bytes = this.#bufferOf(b);
    const row = this.#row;
    row.parse(bytes, from, to + 1, true);
    const buffer = this.#buffer();
    const i = buffer.next();
    const time = header.columnOf[TIMESTAMP];
    row.trim(bytes, time);
    const [timeFrom, timeTo] = [row.starts[time], row.ends[time]];
    const millis = epochMillis(bytes, timeFrom, timeTo);
    buffer.millis[i] = millis;
    buffer.nanos[i] = nanosOfMilli(bytes, timeFrom, timeTo);
    buffer.days[i] = dayOf(millis);
    buffer.values[i] = this.#number(bytes, header.columnOf[VALUE]);
    buffer.scores[i] = this.#number(bytes, header.columnOf[ANOMALY_SCORE]);
    buffer.anomalies[i] = side === ANOMALY_SIDE ? 1 : 0;
    buffer.devices[i] = this.#trimmed(bytes, header.columnOf[DEVICE_ID], buffer.deviceTexts);
    buffer.units[i] = this.#trimmed(bytes, header.columnOf[UNIT], buffer.unitTexts);
    buffer.batches[i] = buffer.batchTexts.numberOfText(this.#batch);
    for (const { field, column } of this.#carried) {
      const [start, end] = [row.starts[field], row.ends[field]];
      if (row.kinds[field] === ESCAPED) {
        const text = unescapeQuotes(bytes, start, end);
        buffer.setCarried(column, i, text, 0, text.length);
      } else buffer.setCarried(column, i, bytes, start, end);
    }
  }

  #trimmed(b: Buffer, field: number, texts: TableRows["deviceTexts"]): number {
    const row = this.#row;
    row.trim(b, field);
    const [from, to] = [row.starts[field], row.ends[field]];
    if (row.kinds[field] !== ESCAPED) return texts.numberOf(b, from, to);
    const text = unescapeQuotes(b, from, to);
    return texts.numberOf(text, 0, text.length);
  }

  /** -0 becomes 0: readers disagree on whether they are one. */
  #number(b: Buffer, field: number): number {
    const row = this.#row;
    row.trim(b, field);
    const [from, to] = [row.starts[field], row.ends[field]];
    const isPlain = readDecimal(b, from, this.#numbers, 0) === to;
    return (isPlain ? this.#numbers[0] : parseDecimal(b, from, to)) + 0;
  }

  /** The arena stays the same for most rows. */
  #bufferOf(b: Uint8Array): Buffer {
    const known = this.#bytes;
    if (known.buffer === b.buffer && known.byteOffset === b.byteOffset && known.length === b.length) return known;
    this.#bytes = Buffer.from(b.buffer, b.byteOffset, b.byteLength);
    return this.#bytes;
  }
}
