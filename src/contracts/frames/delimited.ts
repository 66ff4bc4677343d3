import { quoteUnclosed, rowTooLong } from "../../pipeline/refused-row.ts";
import { fieldText, Row } from "../../pipeline/row.ts";
import type { Pull } from "../../pipeline/source.ts";

/** How rows and fields are told apart, and which lines are no data (Frictionless, "Table Dialect"). */
export interface Dialect {
  /** One byte. */
  readonly delimiter: number;
  /** Physical lines, 1-based, on which header rows begin; empty where there is none. */
  readonly headerRows: readonly number[];
  /** The line whose cells are the units of the columns; 0 where there is none. */
  readonly unitsRow: number;
  /** Lines that say nothing. */
  readonly commentRows: readonly number[];
  /** A row that begins with it says nothing; 0 where there is no such sign. */
  readonly commentChar: number;
}

const CHUNK_BYTES = 256 * 1024;
const LF = 10;

/** What {@link DelimitedFrame.next} found. */
export const ROW = 0;
export const MORE = 1;
export const END = 2;

/**
 * Cuts the bytes of a delimited text into rows, one at a time, in constant memory: those of its dialect's header, of its
 * units, and those of data, each with the line and the offset where it begins in the source.
 */
export class DelimitedFrame {
  readonly row: Row;
  /** What {@link row} points into, and where it begins there. */
  b: Buffer = Buffer.alloc(0);
  start = 0;
  /** The first physical line of the row, and the offset of its first byte. */
  line = 1;
  byteOffset = 0;
  /** Of the header row, or of each of several, by column; set once it was read. */
  readonly header: string[][] = [];
  units: readonly string[] = [];
  /** Bytes pulled. */
  size = 0;
  isLineEndAdded = false;
  readonly #key: string;
  readonly #pull: Pull;
  readonly #dialect: Dialect;
  readonly #maxRowBytes: number;
  /** Behind it no line is apart by its number. */
  readonly #lastApart: number;
  #start = 0;
  #end = 0;
  #final = false;
  #nextLine = 1;
  #nextOffset = 0;

  constructor(key: string, pull: Pull, dialect: Dialect, maxRowBytes: number) {
    this.#key = key;
    this.#pull = pull;
    this.#dialect = dialect;
    this.#maxRowBytes = maxRowBytes;
    this.#lastApart = Math.max(dialect.unitsRow, ...dialect.headerRows, ...dialect.commentRows);
    this.row = new Row(dialect.delimiter);
  }

  /**
   * Goes to the next row of data: {@link ROW}; {@link MORE} where {@link fill} has to be called first; {@link END}.
   * Throws `row_too_long` and `quote_unclosed`.
   */
  next(): typeof ROW | typeof MORE | typeof END {
    for (;;) {
      if (this.#start === this.#end) return this.#final ? END : MORE;
      const isWhole = this.row.parse(this.b, this.#start, this.#end, this.#final);
      const taken = (isWhole ? this.row.contentEnd : this.#end - 1) - this.#start;
      this.line = this.#nextLine;
      this.byteOffset = this.#nextOffset;
      if (taken > this.#maxRowBytes) throw rowTooLong(this.#place(), this.#maxRowBytes);
      if (!isWhole) {
        if (this.#final) throw quoteUnclosed(this.#place());
        return MORE;
      }
      this.#nextLine += this.row.lines;
      this.#nextOffset += this.row.next - this.#start;
      this.start = this.#start;
      this.#start = this.row.next;
      if (!this.#isApart()) return ROW;
    }
  }

  /** Brings more bytes in behind what is not yet a row, in a buffer of their own: rows that somebody has kept stay. */
  fill(): void | Promise<void> {
    this.#makeRoom();
    const pulled = this.#pull(this.b.subarray(this.#end, this.b.length - 1));
    return typeof pulled === "number" ? this.#took(pulled) : pulled.then((bytes) => this.#took(bytes));
  }

  /** The text of a cell, without quotes and the blanks around an unquoted one. */
  text(column: number): string {
    this.row.trim(this.b, column);
    return fieldText(this.row, this.b, column);
  }

  /** The cells of the row. */
  cells(): string[] {
    return Array.from({ length: this.row.fields }, (_, column) => this.text(column));
  }

  /** Whether the row is nothing but delimiters and blanks. */
  isEmpty(): boolean {
    const { row, b } = this;
    for (let i = 0; i < row.fields; i++) {
      row.trim(b, i);
      if (row.ends[i] > row.starts[i]) return false;
    }
    return true;
  }

  /** Whether these are the cells of the row. */
  says(cells: readonly string[]): boolean {
    return cells.length === this.row.fields && cells.every((cell, i) => this.text(i) === cell);
  }

  /** Whether the row is not of the data, and keeps what it says where it says something. */
  #isApart(): boolean {
    const { headerRows, unitsRow, commentRows, commentChar } = this.#dialect;
    if (commentChar !== 0 && this.b[this.start] === commentChar) return true;
    if (this.line > this.#lastApart) return false;
    if (commentRows.includes(this.line)) return true;
    if (headerRows.includes(this.line)) {
      this.header.push(this.cells());
      return true;
    }
    if (unitsRow !== this.line) return false;
    this.units = this.cells();
    return true;
  }

  #makeRoom(): void {
    const rest = this.#end - this.#start;
    const next = Buffer.allocUnsafe(rest + CHUNK_BYTES + 1);
    this.b.copy(next, 0, this.#start, this.#end);
    this.b = next;
    this.#start = 0;
    this.#end = rest;
  }

  /** The last row of a file may lack its line end (RFC 4180 §2.2). */
  #took(bytes: number): void {
    this.size += bytes;
    this.#end += bytes;
    if (bytes > 0) return;
    this.#final = true;
    const last = this.b[this.#end - 1];
    if (this.#end === this.#start || last === LF || last === 13) return;
    this.b[this.#end++] = LF;
    this.isLineEndAdded = true;
  }

  #place() {
    return { key: this.#key, line: this.line, byteOffset: this.byteOffset };
  }
}
