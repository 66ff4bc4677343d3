import { parseDecimal, readDecimal } from "../../pipeline/decimal.ts";
import { ANOMALY_SIDE, viewOf } from "../../pipeline/devices.ts";
import { grown } from "../../pipeline/grown.ts";
import { ANOMALY_SCORE, DEVICE_ID, type Header, TIMESTAMP, UNIT, VALUE } from "../../pipeline/header.ts";
import { ESCAPED, Row, unescapeQuotes } from "../../pipeline/row.ts";
import type { PlainGroup, RowTrace } from "../../pipeline/sinks.ts";
import { epochMillis } from "../../pipeline/timestamp.ts";
import { dayOf } from "../days/day.ts";
import type { TableColumns } from "./columns.ts";
import type { TableRows } from "./row-buffer.ts";
import { SourceTexts } from "./source-texts.ts";
import type { Texts } from "./texts.ts";
import { Times } from "./times.ts";

/** From `2025-12-27T10:30` on a timestamp has a date; shorter ones are epoch numbers. */
const SHORTEST_DATE = 16;

/**
 * Puts the readings that the scanner has found into a buffer: it has said that each is one, and what its columns are read
 * by is what it reads them by, so that a number is the same here, bit for bit, as in gold.
 */
export class RowReader implements RowTrace {
  readonly #row = new Row();
  readonly #times = new Times();
  readonly #numbers = new Float64Array(1);
  readonly #buffer: () => TableRows;
  readonly #columns: TableColumns;
  readonly #batch: string;
  #header: Header | undefined;
  /** The carried columns of this source, in their order: which of its columns, and which of the table's. */
  #carried: { readonly field: number; readonly column: number }[] = [];
  /** Of this source, where its rows are plain; of each device the number of its last unit. */
  #devices: SourceTexts | undefined;
  #units: SourceTexts | undefined;
  #unitsOf = new Int32Array(256).fill(-1);
  #seen: Uint8Array | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#bytes);

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

  plain(b: Buffer, group: PlainGroup, size: number, unknown: number): void {
    if (size === 0) return;
    this.#look(b);
    const [view, times, buffer] = [this.#view, this.#times, this.#buffer()];
    this.#devices ??= new SourceTexts();
    this.#units ??= new SourceTexts();
    const [devices, units] = [this.#devices, this.#units];
    devices.into(buffer.deviceTexts);
    units.into(buffer.unitTexts);
    this.#learn(group, unknown, devices.texts);
    const first = buffer.size;
    buffer.reserve(size);
    const { days, millis, nanos, devices: toDevices, units: toUnits } = buffer;
    const { timeStarts, timeEnds, unitStarts, unitEnds, devices: ofDevices } = group;
    for (let i = 0; i < size; i++) {
      const row = first + i;
      times.read(view, b, timeStarts[i], timeEnds[i]);
      millis[row] = times.millis;
      nanos[row] = times.nanos;
      days[row] = times.day;
      const device = ofDevices[i];
      toDevices[row] = devices.number(device);
      // Most devices have one unit.
      const [from, to, likely] = [unitStarts[i], unitEnds[i], this.#unitOf(device)];
      const isSame = likely >= 0 && units.texts.isAt(likely, view, from, to);
      const unit = isSame ? likely : units.texts.numberOf(view, b, from, to);
      if (!isSame) this.#unitsOf[device] = unit;
      toUnits[row] = units.number(unit);
    }
    // -0 becomes 0, see `#number`.
    for (let i = 0; i < size; i++) buffer.values[first + i] = group.values[i] + 0;
    for (let i = 0; i < size; i++) buffer.scores[first + i] = group.scores[i] + 0;
    for (let i = 0; i < size; i++) buffer.anomalies[first + i] = group.sides[i] === ANOMALY_SIDE ? 1 : 0;
    buffer.batches.fill(buffer.batchTexts.numberOfText(this.#batch), first, first + size);
    if (this.#carried.length === 0) return;
    for (let i = 0; i < size; i++) this.#carryPlain(buffer, first + i, b, group.rowStarts[i], group.rowEnds[i]);
  }

  /** Gives numbers to devices that are not known, which are known then. */
  #learn(group: PlainGroup, unknown: number, devices: Texts): void {
    for (let i = 0; i < unknown; i++) {
      const [start, known] = [group.starts[i], devices.values.length];
      const device = devices.numberOfHashed(group.hashes[i], this.#view, this.#bytes, start, start + group.lengths[i]);
      group.devices[group.rows[i]] = device;
      if (device === known) group.learn(i, device);
    }
  }

  /** The unit that the device had last; -1 for none. */
  #unitOf(device: number): number {
    if (device >= this.#unitsOf.length) {
      const { length } = this.#unitsOf;
      this.#unitsOf = grown(this.#unitsOf).fill(-1, length);
      return this.#unitOf(device);
    }
    return this.#unitsOf[device];
  }

  /** There is no quote in a plain row: what stands between two commas is a cell. */
  #carryPlain(buffer: TableRows, i: number, b: Buffer, from: number, to: number): void {
    let field = 0;
    let start = from;
    for (const one of this.#carried) {
      for (; field < one.field; field++) {
        while (b[start] !== 44) start++;
        start++;
      }
      let end = start;
      while (end < to && b[end] !== 44) end++;
      buffer.setCarried(one.column, i, this.#view, b, start, end);
      start = end;
    }
  }

  reading(_line: number, _byteOffset: number, side: number, b: Uint8Array, from: number, to: number): void {
    const header = this.#header!;
    this.#look(b);
    const bytes = this.#bytes;
    const row = this.#row;
    row.parse(bytes, from, to + 1, true);
    const buffer = this.#buffer();
    const i = buffer.next();
    this.#time(buffer, i, header.columnOf[TIMESTAMP]);
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
        buffer.setCarried(column, i, viewOf(text), text, 0, text.length);
      } else buffer.setCarried(column, i, this.#view, bytes, start, end);
    }
  }

  #time(buffer: TableRows, i: number, field: number): void {
    const [row, bytes] = [this.#row, this.#bytes];
    row.trim(bytes, field);
    const [from, to] = [row.starts[field], row.ends[field]];
    if (to - from >= SHORTEST_DATE) {
      this.#times.read(this.#view, bytes, from, to);
      buffer.millis[i] = this.#times.millis;
      buffer.nanos[i] = this.#times.nanos;
      buffer.days[i] = this.#times.day;
      return;
    }
    const millis = epochMillis(bytes, from, to);
    buffer.millis[i] = millis;
    buffer.nanos[i] = 0;
    buffer.days[i] = dayOf(millis);
  }

  #trimmed(b: Buffer, field: number, texts: Texts): number {
    const row = this.#row;
    row.trim(b, field);
    const [from, to] = [row.starts[field], row.ends[field]];
    if (row.kinds[field] !== ESCAPED) return texts.numberOf(this.#view, b, from, to);
    const text = unescapeQuotes(b, from, to);
    return texts.numberOf(viewOf(text), text, 0, text.length);
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
  #look(b: Uint8Array): void {
    if (b === this.#seen) return;
    this.#seen = b;
    this.#bytes = Buffer.from(b.buffer, b.byteOffset, b.byteLength);
    this.#view = viewOf(this.#bytes);
  }
}
