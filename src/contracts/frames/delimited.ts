import { parseRow } from "../../pipeline/refused-row.ts";
import { FIELD_COUNT, FIELDS_MORE, STRAY_QUOTE } from "../../pipeline/rejects.ts";
import { ESCAPED, PLAIN, Row, unescapeQuotes } from "../../pipeline/row.ts";
import type { Pull } from "../../pipeline/source.ts";
import type { Dialect } from "./dialect.ts";
import { END, type Frame, MORE, NONE, ROW, TEXT } from "./frame.ts";
import { PulledWindow } from "./window.ts";

const [LF, CR] = [10, 13];

/**
 * Cuts the bytes of a delimited text into rows, one at a time, in constant memory: those of its dialect's header, of its
 * units, and those of data, each with the line and the offset where it begins in the source.
 */
export class DelimitedFrame implements Frame {
  readonly row: Row;
  start = 0;
  line = 1;
  byteOffset = 0;
  /** Of the header row, or of each of several, by column; set once it was read. */
  readonly header: string[][] = [];
  units: readonly string[] = [];
  /** Cells of the rows in front of the data, by line. */
  readonly front = new Map<number, readonly string[]>();
  /** How many fields a row of data has; 0 until that is known. */
  columns = 0;
  /**
   * Behind a header that came again: the line of the first table that stands where this row does, where that one is none of
   * the data. Whether this one is, its maker knows. Else 0.
   */
  apartAs = 0;
  cell: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  readonly leaves = 0;
  readonly firstLeaf = 0;
  isLineEndAdded = false;
  readonly #key: string;
  readonly #window: PulledWindow;
  readonly #dialect: Dialect;
  /** A comment goes to the end of its line, whatever quotes are in it. */
  readonly #comment: Row;
  readonly #maxRowBytes: number;
  /** Behind it no line is apart by its number. */
  readonly #lastApart: number;
  readonly #lastOfHeader: number;
  /** How many lines the header at hand stands behind the first. */
  #shift = 0;
  #isCut = false;
  #nextLine = 1;

  constructor(key: string, pull: Pull, dialect: Dialect, maxRowBytes: number) {
    this.#key = key;
    this.#window = new PulledWindow(pull, LF);
    this.#dialect = dialect;
    this.#maxRowBytes = maxRowBytes;
    const { headerRows, unitsRow, commentRows, cellRows } = dialect;
    this.#lastOfHeader = Math.max(0, ...headerRows);
    this.#lastApart = Math.max(this.#lastOfHeader, unitsRow, ...commentRows, ...cellRows);
    this.row = new Row(dialect.delimiter, dialect.quote);
    this.#comment = new Row(dialect.delimiter, -1);
  }

  get b(): Buffer {
    return this.#window.b;
  }

  /** Whether nothing at all came of the file. */
  get isEmptyFile(): boolean {
    return this.#window.ended && this.#window.size === 0;
  }

  get end(): number {
    return this.row.contentEnd;
  }

  get reason(): number {
    const { fields } = this.row;
    if (this.#isCut) return STRAY_QUOTE;
    if (fields === this.columns) return 0;
    return fields > this.columns ? FIELDS_MORE : FIELD_COUNT;
  }

  /** Throws `row_too_long` and `quote_unclosed`. */
  next(): typeof ROW | typeof MORE | typeof END {
    const window = this.#window;
    for (;;) {
      const { b, start, end, ended } = window;
      if (start === end) return ended ? END : MORE;
      if (window.isShort) return MORE;
      this.line = this.#nextLine;
      this.byteOffset = window.base + start;
      const { commentChar } = this.#dialect;
      const isComment = commentChar !== 0 && b[start] === commentChar;
      this.#isCut = ended && !isComment && this.#isCutOff(b, start, end);
      const row = isComment || this.#isCut ? this.#comment : this.row;
      if (!parseRow(row, b, start, end, ended, this.#maxRowBytes, this.#place)) {
        window.awaitMore();
        return MORE;
      }
      this.#nextLine += row.lines;
      this.start = start;
      window.leave(row.next);
      if (this.#isCut) this.#takeWhole(start, row.contentEnd);
      if (!isComment && !this.#isApart()) return ROW;
    }
  }

  fill(): void | Promise<void> {
    const filled = this.#window.fill();
    return filled === undefined ? this.#endLine() : filled.then(() => this.#endLine());
  }

  look(column: number): number {
    const { row } = this;
    if (column >= row.fields) return NONE;
    row.trim(this.b, column);
    this.cell = this.b;
    this.from = row.starts[column];
    this.to = row.ends[column];
    if (row.kinds[column] === ESCAPED) this.#unescape();
    return TEXT;
  }

  leafName(): string {
    return "";
  }

  /** Whether the last line ends within quotes: of a file that still grows, it is half there. */
  #isCutOff(b: Buffer, from: number, end: number): boolean {
    if (this.row.parse(b, from, end, true)) return false;
    const text = b.subarray(from, end - 1);
    return !text.includes(LF) && !text.includes(CR);
  }

  /** Takes a line for one field, which nobody looks into. */
  #takeWhole(from: number, to: number): void {
    const { row } = this;
    row.fields = 1;
    row.starts[0] = from;
    row.ends[0] = to;
    row.kinds[0] = PLAIN;
    row.contentEnd = to;
  }

  /** The text of a cell, without quotes and the blanks around an unquoted one. */
  text(column: number): string {
    return this.look(column) === NONE ? "" : this.cell.toString("utf8", this.from, this.to);
  }

  /** The cells of the row. */
  cells(): string[] {
    return Array.from({ length: this.row.fields }, (_, column) => this.text(column));
  }

  /** The lines of the dialect's header; empty where there is none. */
  get headerRows(): readonly number[] {
    return this.#dialect.headerRows;
  }

  /** The line of the units; 0 where there is none. */
  get unitsRow(): number {
    return this.#dialect.unitsRow;
  }

  /** The lines of which single cells are asked for. */
  get cellRows(): readonly number[] {
    return this.#dialect.cellRows;
  }

  /**
   * The row at hand is a header with these cells, whose units these are unless a line behind it says others: rows behind it
   * may be apart as they were behind the first.
   */
  readAgain(cells: readonly string[], units: readonly string[]): void {
    this.#shift = this.line - this.#lastOfHeader;
    this.header.splice(0, this.header.length, [...cells]);
    this.units = units;
  }

  /** The row at hand is none of the data, but what {@link apartAs} says. */
  takeApart(): void {
    const { unitsRow, cellRows } = this.#dialect;
    if (this.apartAs === unitsRow) this.units = this.cells();
    if (cellRows.includes(this.apartAs)) this.front.set(this.apartAs, this.cells());
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

  #unescape(): void {
    this.cell = unescapeQuotes(this.b, this.from, this.to, this.#dialect.quote);
    this.from = 0;
    this.to = this.cell.length;
  }

  /** Whether the row is not of the data, and keeps what it says where it says something. */
  #isApart(): boolean {
    const { headerRows, unitsRow, commentRows, cellRows } = this.#dialect;
    this.apartAs = 0;
    const line = this.line - this.#shift;
    if (line > this.#lastApart) return false;
    const isHeader = headerRows.includes(line);
    const isUnits = unitsRow === line;
    const isSilent = line < this.#lastOfHeader || commentRows.includes(line);
    if (!isHeader && !isUnits && !isSilent && !cellRows.includes(line)) return false;
    if (this.#shift !== 0) {
      this.apartAs = line;
      return false;
    }
    const cells = this.cells();
    if (isHeader) this.header.push(cells);
    if (isUnits) this.units = cells;
    // Where exports were put one behind the other, they come again.
    if (!isSilent || commentRows.includes(line) || cellRows.includes(line)) this.front.set(line, cells);
    return true;
  }

  /** The last row of a file may lack its line end (RFC 4180 §2.2). */
  #endLine(): void {
    const { b, start, end, ended } = this.#window;
    if (!ended || this.isLineEndAdded || start === end || b[end - 1] === LF || b[end - 1] === CR) return;
    this.isLineEndAdded = true;
    this.#window.append(LF);
  }

  readonly #place = () => ({ key: this.#key, line: this.line, byteOffset: this.byteOffset });
}
