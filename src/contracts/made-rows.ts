import { VantageflowError } from "../errors.ts";
import type { SourceRemarks } from "../pipeline/source.ts";
import type { Frame } from "./frames/frame.ts";
import { Origins, type RunStart } from "./origins.ts";
import { RowBuffer } from "./row-buffer.ts";

/** Records that rows were made of elsewhere: each stands on a line of its own. */
export interface MadeRun {
  readonly records: number;
  /** Of each. */
  readonly rows: number;
  /** Up to where those are in the buffer of rows, and how many bytes of them are the last record's. */
  readonly to: number;
  readonly lastBytes: number;
  readonly absent: number;
}

/** A row that no header has: what stands for a row of the source that is rejected. */
const NO_ROW = Buffer.from("-");

/** What the readings of one record may take together. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Rows of the data contract that were made of a source and are on their way into the arena, and where each came from. */
export class MadeRows {
  /** Of the object. */
  readonly key: string;
  readonly rows: RowBuffer;
  readonly origins = new Origins();
  /** Cells for which the source had no value and said so. */
  absent = 0;
  /** Records that something was made of. */
  records = 0;
  /** Bytes of the text of all rows that are in the arena or were. */
  moved = 0;
  /** Where what was made of the last record begins in the text of all rows, and the record in the source. */
  lastStart = 0;
  lastByteOffset = -1;
  /** Records that do not count, by what the contract keeps. */
  left = 0;
  /** Measures that no record had a value for so far. */
  readonly unseen = new Set<string>();
  readonly #expected = new Set<string>();
  /** See `Clock.assumed`. */
  assumed: () => number = () => 0;
  #numbers: ReadonlyMap<string, number> = new Map();
  #reason = 0;
  /** Of the rows from `#firstLine` on, which measure each is of; only where somebody asks. */
  #measures: Int32Array | null = null;
  #firstLine = 1;
  #askedLine = 1;

  constructor(key: string, rows = new RowBuffer()) {
    this.key = key;
    this.rows = rows;
  }

  get asksMeasures(): boolean {
    return this.#measures !== null;
  }

  /** Readings of a measure are to come; one that was expected before is not expected anew, as where a header comes again. */
  expect(name: string): void {
    if (this.#expected.has(name)) return;
    this.#expected.add(name);
    this.unseen.add(name);
  }

  remarks(): SourceRemarks {
    return { unseen: [...this.unseen], left: this.left, assumed: this.assumed() };
  }

  /** Whether the last record had no line end: what has none may be a comment. */
  isUnterminated(frame: Frame): boolean {
    return frame.isLineEndAdded && frame.byteOffset === this.lastByteOffset;
  }

  /** From here on {@link measureAt} is asked; these are the measures that matter, and a row of any other is of none. */
  askMeasures(names: readonly string[]): void {
    this.#measures = new Int32Array(4096);
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  /** The row that is made next is of the measure of this name. */
  setMeasure(name: string): void {
    if (this.#measures === null) return;
    const line = this.rows.lines + 1;
    if (line - this.#firstLine >= this.#measures.length) this.#makeRoom(this.#measures, line);
    this.#measures[line - this.#firstLine] = this.#numbers.get(name) ?? -1;
  }

  measureAt(line: number): number {
    this.#askedLine = line;
    return this.#measures?.[line - this.#firstLine] ?? -1;
  }

  #makeRoom(measures: Int32Array, line: number): void {
    const kept = measures.subarray(this.#askedLine - this.#firstLine);
    const wanted = 2 * (line - this.#askedLine + 1);
    const next = wanted > measures.length ? new Int32Array(2 * wanted) : measures;
    next.set(kept);
    this.#measures = next;
    this.#firstLine = this.#askedLine;
  }

  /** What is made from here on is of the record that the frame stands at, and rejected where there is a reason. */
  keep(frame: Frame, reason: number): void {
    this.records++;
    this.#reason = reason;
    this.lastStart = this.#add(frame, reason);
    this.lastByteOffset = frame.byteOffset;
  }

  /** Throws `row_too_long` where the readings of the record that was kept last take too much: they are held at once. */
  checkRoom({ line, byteOffset }: Frame): void {
    if (this.moved + this.rows.length - this.lastStart <= MAX_RECORD_BYTES) return;
    const { key } = this;
    const what = `its readings take more than ${MAX_RECORD_BYTES} bytes, for what goes along is repeated in each of them`;
    const message = `Cannot read "${key}": line ${line}: ${what}. Carry less, or split the record.`;
    throw new VantageflowError("row_too_long", message, { key, line, byteOffset });
  }

  /** Takes note of rows that stand behind those that are there. `first` is the first record, the frame stands at the last. */
  keepRun(first: RunStart, frame: Frame, { records, rows, to, lastBytes, absent }: MadeRun): void {
    this.origins.addRun(this.rows.lines + 1, this.moved + this.rows.length, first, rows);
    this.rows.wrote(records * rows, to);
    this.records += records;
    this.absent += absent;
    this.#reason = 0;
    this.lastStart = this.moved + this.rows.length - lastBytes;
    this.lastByteOffset = frame.byteOffset;
  }

  /** A row of the source that says nothing. */
  blank(frame: Frame): void {
    this.lastStart = this.#add(frame, 0);
    this.lastByteOffset = frame.byteOffset;
    this.rows.endRow();
  }

  /** An empty line: a cell that has no value. */
  leaveOut(): void {
    this.absent++;
    this.rows.endRow();
  }

  /** A row in the place of one that its origin tells why it is none. */
  reject(): void {
    this.rows.add(NO_ROW);
    this.rows.endRow();
  }

  /** The same for a reason that holds for one reading of the record only. */
  rejectFor(frame: Frame, reason: number): void {
    this.#add(frame, reason);
    this.reject();
    this.#add(frame, this.#reason);
  }

  #add(frame: Frame, reason: number): number {
    const start = this.moved + this.rows.length;
    this.origins.add(this.rows.lines + 1, start, frame, reason);
    return start;
  }
}
