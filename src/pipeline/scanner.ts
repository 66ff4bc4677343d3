import type { RowCounts } from "../ledger/receipts.ts";
import { checkRow, mayBeHeader } from "./check.ts";
import { readDecimal } from "./decimal.ts";
import { ANOMALY_SIDE, HASH_MULTIPLIER, HASH_SEED, MAX_ID_BYTES, SILVER_SIDE } from "./devices.ts";
import { ANOMALY_SCORE, DEVICE_ID, type Header, isHeaderAgain, readHeader, TIMESTAMP, UNIT, VALUE } from "./header.ts";
import type { Kernel } from "./kernel.ts";
import { addParsed } from "./parsed-reading.ts";
import { headerMissing, parseRow } from "./refused-row.ts";
import { HEADER_REPEATED, OUT_OF_RANGE } from "./rejects.ts";
import { Row } from "./row.ts";
import { Rules } from "./rules.ts";
import { Runs } from "./runs.ts";
import type { ScannerOptions } from "./sinks.ts";
import { readSeconds, readTimestamp, sameMinute } from "./timestamp.ts";

const ALL_ROWS = 0x7fffffff;

/**
 * The push scanner: finds rows in slices of bytes, checks them, counts them per device and routes them.
 *
 * The fast loop of {@link scan} recognises only what it can be sure of at a glance; every other row is read again by
 * the complete parser of `row.ts`. Both must give the same answer, which a test holds them to.
 */
export class Scanner {
  /** Physical line of the next row, 1-based. */
  line = 1;
  header: Header | null = null;
  /** Rows that take several physical lines, readings and rejects alike, and the line of the first; 0 where there is none. */
  multilineRows = 0;
  firstMultilineRow = 0;
  readonly #options: ScannerOptions;
  readonly #row = new Row();
  readonly #rules: Rules | null;
  readonly #numbers = new Float64Array(2);
  readonly #runs: Runs;
  #rejects = 0;
  #blank = 0;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#rules = Rules.of(options);
    this.#runs = new Runs(options.sink);
  }

  counts(): RowCounts {
    const { silver, anomalies } = this.#runs;
    const [rejects, blank] = [this.#rejects, this.#blank];
    return { in: silver + anomalies + rejects + blank, silver, anomalies, rejects, blank };
  }

  /** The offset in the file behind the last row that is a reading, its line end included; -1 before the first. */
  get lastReadingEnd(): number {
    return this.#runs.lastEnd;
  }

  /**
   * Takes all whole rows of `b[start..end)` and returns where the first incomplete one starts. `base` is the offset in
   * the file of `b[0]`; `final` says that nothing follows. The line end of a CRLF row becomes LF in place.
   * A kernel whose memory `b` is takes what rows it can; the answer is the same without it.
   * Throws `quote_unclosed`, `row_too_long` and what {@link readHeader} and {@link isHeaderAgain} throw.
   */
  scan(b: Buffer, start: number, end: number, base: number, final: boolean, kernel: Kernel | null = null): number {
    this.#runs.base = base;
    let p = this.header === null ? this.#readHeader(b, start, end, final) : start;
    if (this.header !== null) {
      if (kernel?.prepare(b, this.header, this.#options)) p = this.#scanGroups(b, p, end, final, this.header, kernel);
      else p = this.#scanRows(b, p, end, final, this.header, ALL_ROWS);
    }
    this.#runs.finish();
    this.#options.readings.flush(b);
    return p;
  }

  /** The rows that the kernel is sure of, and between them those that it is not: of a file that has many, most. */
  #scanGroups(b: Buffer, start: number, end: number, final: boolean, header: Header, kernel: Kernel): number {
    const lastLineFeed = b.lastIndexOf(10, end - 1);
    for (let p = start; ; ) {
      this.#runs.finish();
      const next = kernel.take(p, lastLineFeed, this.#options);
      this.line += this.#runs.addTaken(kernel.silver, kernel.anomalies, next);
      if (next === end) return end;
      const rows = kernel.rowsWithout;
      const isOdd = rows === 1 && this.#rules === null; // What it leaves because of rules is mostly plain.
      p = isOdd ? this.#slowRow(b, next, end, final, header) : this.#scanRows(b, next, end, final, header, rows);
      if (p === next) return p;
    }
  }

  /** The state machine of the hot path, in one piece so that a row is touched once. Takes so many rows at most. */
  #scanRows(b: Buffer, start: number, end: number, final: boolean, header: Header, limit: number): number {
    const { roles } = header;
    const lastColumn = header.columns - 1;
    const { threshold, maxRowBytes, readings, trace } = this.#options;
    const rules = this.#rules;
    const numbers = this.#numbers;
    const multiplier = HASH_MULTIPLIER;
    // No row that ends with this line feed is read beyond it, so nothing else is checked inside the loop.
    const lastLineFeed = b.lastIndexOf(10, end - 1);
    const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
    let known = -1;
    let p = start;
    for (let rows = limit; p < end && rows > 0; rows--) {
      const rowStart = p;
      fast: if (p <= lastLineFeed) {
        let c = 0;
        let column = 0;
        let idStart = 0;
        let idEnd = 0;
        let hash = HASH_SEED;
        let timeStart = 0;
        let timeEnd = 0;
        let unitStart = 0;
        let unitEnd = 0;
        for (;;) {
          switch (roles[column]) {
            case TIMESTAMP:
              timeStart = p;
              // Readings come in order: most are of the same minute as the last one, which is a real one.
              if (known >= 0 && sameMinute(view, p, known)) {
                p = readSeconds(b, p + 16);
              } else {
                known = p;
                p = readTimestamp(b, p);
              }
              if (p < 0) {
                known = -1;
                break fast;
              }
              timeEnd = p;
              break;
            case DEVICE_ID:
              idStart = p;
              // Letters, digits, `-` and `.` are above the comma: one comparison for almost every byte.
              while ((c = b[p]) > 44 || (c !== 44 && c !== 10 && c !== 13 && c !== 34)) {
                hash = Math.imul(hash ^ c, multiplier);
                p++;
              }
              idEnd = p;
              break;
            case VALUE:
              p = readDecimal(b, p, numbers, 0);
              if (p < 0) break fast;
              break;
            case ANOMALY_SCORE:
              p = readDecimal(b, p, numbers, 1);
              if (p < 0) break fast;
              break;
            case UNIT:
              unitStart = p;
              while ((c = b[p]) > 44 || (c !== 44 && c !== 10 && c !== 13 && c !== 34)) p++;
              unitEnd = p;
              break;
            default:
              while ((c = b[p]) > 44 || (c !== 44 && c !== 10 && c !== 13 && c !== 34)) p++;
          }
          c = b[p];
          if (c !== 44) break;
          if (column === lastColumn) break fast;
          column++;
          p++;
        }
        if (column !== lastColumn) break fast;
        const contentEnd = p;
        if (c === 10) p++;
        else if (c === 13 && b[p + 1] === 10) p += 2;
        else break fast;
        const score = numbers[1];
        const idLength = idEnd - idStart;
        if (score < 0 || score > 1 || idLength === 0 || idLength > MAX_ID_BYTES) break fast;
        // An id that begins or ends with a blank is read without it.
        if (b[idStart] <= 32 || b[idEnd - 1] <= 32) break fast;
        if (contentEnd - rowStart > maxRowBytes) break fast;
        let side = score > threshold ? ANOMALY_SIDE : SILVER_SIDE;
        if (rules !== null) {
          if (unitEnd > unitStart && (b[unitStart] <= 32 || b[unitEnd - 1] <= 32)) break fast;
          side = rules.side(this.line, b, idStart, idEnd, hash, unitStart, unitEnd, numbers);
          if (side < 0) break fast;
        }
        this.line++;
        readings.add(b, idStart, idLength, hash, numbers[0], side, timeStart, timeEnd);
        if (trace !== null) trace.reading(this.line - 1, this.#runs.base + rowStart, side, b, rowStart, contentEnd);
        this.#runs.add(b, rowStart, contentEnd, side);
        continue;
      }
      p = this.#slowRow(b, rowStart, end, final, header);
      if (p === rowStart) break;
    }
    return p;
  }

  /** Returns `p` itself when the row does not end before `end`. */
  #slowRow(b: Buffer, p: number, end: number, final: boolean, header: Header): number {
    const row = this.#row;
    if (!this.#parse(b, p, end, final)) return p;
    if (row.isBlank(b)) {
      this.#blank++;
      this.#options.trace?.blank(this.line, this.#runs.base + p);
    } else this.#route(b, p, header);
    this.line += row.lines;
    return row.next;
  }

  #route(b: Buffer, p: number, header: Header): void {
    const row = this.#row;
    if (row.lines > 1 && this.multilineRows++ === 0) this.firstMultilineRow = this.line;
    let reason = checkRow(b, row, header, this.#numbers);
    if (mayBeHeader(reason) && isHeaderAgain(row, b, header, this.#position(p))) reason = HEADER_REPEATED;
    let side = this.#numbers[1] > this.#options.threshold ? ANOMALY_SIDE : SILVER_SIDE;
    if (reason === 0 && this.#rules !== null) side = this.#rules.sideOf(this.line, row, b, header, this.#numbers);
    if (reason !== 0 || side < 0) {
      this.#rejects++;
      const from = this.#runs.base + p;
      const origin = this.#options.source.originOf(reason || OUT_OF_RANGE, this.line, from, b, p, row.contentEnd);
      this.#options.sink.reject(
        side < 0 && this.#rules !== null ? { ...origin, rule: this.#rules.reject(side) } : origin,
      );
      return;
    }
    this.#options.trace?.reading(this.line, this.#runs.base + p, side, b, p, row.contentEnd);
    addParsed(this.#options.readings, row, b, header, this.#numbers[0], side);
    this.#runs.add(b, p, row.contentEnd, side);
  }

  /** Parses the row at `p`; false when its end is still to come. */
  #parse(b: Buffer, p: number, end: number, final: boolean): boolean {
    return parseRow(this.#row, b, p, end, final, this.#options.maxRowBytes, () => this.#position(p));
  }

  #position(p: number) {
    return { key: this.#options.key, line: this.line, byteOffset: this.#runs.base + p };
  }

  /** Skips blank lines, reads the header row and returns where the first row starts; `start` when it is incomplete. */
  #readHeader(b: Buffer, start: number, end: number, final: boolean): number {
    let p = start;
    while (p < end && this.#parse(b, p, end, final)) {
      const { line } = this;
      this.line += this.#row.lines;
      if (!this.#row.isBlank(b)) {
        this.header = readHeader(this.#row, b, { ...this.#position(p), line });
        this.#options.sink.header(this.header);
        return this.#row.next;
      }
      this.#blank++;
      p = this.#row.next;
    }
    if (p < end || !final) return p;
    throw headerMissing(this.#options.key);
  }
}
