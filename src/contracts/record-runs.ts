import { type Expected, ID, MEASURED, SKIPPED, TIME } from "./expected-records.ts";
import type { Frame } from "./frames/frame.ts";
import { type JsonLines, NO_SINGLE } from "./frames/json/lines.ts";
import type { ShapeParts } from "./frames/json/shape.ts";
import type { MadeRows } from "./made-rows.ts";
import type { ReadingPlan } from "./plan.ts";
import type { RecordKernel } from "./record-kernel.ts";
import type { Stamps } from "./stamp.ts";

/** Room for the rows of a slice, and for those of a large record behind them. */
const ROOM_BYTES = 256 * 1024;
/** Fewer records at once do not pay: then so many are not tried, more each time. */
const PAYING_RECORDS = 4;
const [FIRST_PAUSE, LONGEST_PAUSE] = [2, 256];

export interface RunsOptions {
  readonly kernel: RecordKernel;
  readonly lines: JsonLines;
  readonly frame: Frame;
  readonly made: MadeRows;
  readonly plan: ReadingPlan;
  readonly stamps: Stamps;
}

/** Has a kernel make the rows of all records behind one that it is sure of; the others are made one by one, as if there were none. */
export class RecordRuns {
  readonly #options: RunsOptions;
  /** Of each kind of records that the kernel takes, what stands between the values. */
  readonly #kinds: string[] = [];
  #pause = 0;
  #nextPause = FIRST_PAUSE;

  constructor(options: RunsOptions) {
    this.#options = options;
    options.kernel.forget();
  }

  /** Makes the rows of records behind the one at hand, at which the frame stands then. */
  make(): void {
    const { kernel, lines, made } = this.#options;
    if (this.#pause-- > 0) return;
    this.#pause = 0;
    const { b, p, lastLineFeed } = lines;
    if (!lines.isAtLineEnd || lastLineFeed <= p + 1 || !kernel.holds(b)) return;
    this.#learn();
    if (this.#kinds.length === 0) {
      this.#wait();
      return;
    }
    made.rows.reserve(ROOM_BYTES);
    const { bytes, to } = made.rows;
    if (!kernel.holds(bytes)) return;
    const records = kernel.take(b, p, lastLineFeed, lines.maxRecordBytes, bytes, to);
    if (records > 0) this.#took(records, bytes.byteOffset);
    if (records >= PAYING_RECORDS) this.#nextPause = FIRST_PAUSE;
    else if (lines.p + 1 < lastLineFeed) this.#wait();
  }

  #wait(): void {
    this.#pause = this.#nextPause;
    this.#nextPause = Math.min(2 * this.#nextPause, LONGEST_PAUSE);
  }

  #took(records: number, rowsAt: number): void {
    const { kernel, lines, frame, made, plan } = this.#options;
    const { b, p, line, offset } = lines;
    const [from, end, rowsEnd, lastRows, absent] = kernel.result;
    const start = b[p] === 13 ? p + 2 : p + 1;
    const first = { line: line + 1, byteOffset: offset + start, b, start };
    lines.pass(records, from - b.byteOffset, end - b.byteOffset);
    made.keepRun(first, frame, {
      ...{ records, rows: plan.measures.length, absent },
      ...{ to: rowsEnd - rowsAt, lastBytes: rowsEnd - lastRows },
    });
    if (made.unseen.size === 0) return;
    for (const [i, { name }] of plan.measures.entries())
      if (kernel.seen[i] !== 0 && typeof name === "string") made.unseen.delete(name);
  }

  /** The record at hand was none that the kernel took: those behind it may be like it. */
  #learn(): void {
    const shape = this.#options.lines.shape();
    if (shape === null) return;
    const between = shape.between.map((piece) => piece.toString("latin1")).join("\n");
    if (this.#kinds.includes(between)) return;
    const expected = this.#expectedOf(shape);
    const kind = expected === null ? -1 : this.#options.kernel.expect(expected);
    if (kind >= 0) this.#kinds[kind] = between;
  }

  /** Null for what the kernel does not know of. */
  #expectedOf(shape: ShapeParts): Expected | null {
    const { lines, plan, stamps } = this.#options;
    const [head] = stamps;
    if (head === undefined || head === null) return null;
    const { between, places } = shape;
    const roles: number[] = places.map(() => SKIPPED);
    const isOne = (column: number, role: number) => {
      const value = lines.valueOf(column, shape);
      if (value < 0 || roles[value] !== SKIPPED) return false;
      roles[value] = role;
      return true;
    };
    if (!isOne(plan.timestamp[0], TIME) || (head.column >= 0 && !isOne(head.column, ID))) return null;
    const measures: Expected["measures"][number][] = [];
    for (const [i, { column }] of plan.measures.entries()) {
      const stamp = stamps[i];
      const value = lines.valueOf(column, shape);
      if (value === NO_SINGLE || stamp?.before !== head.before || stamp.column !== head.column) return null;
      if (value >= 0 && roles[value] !== MEASURED && !isOne(column, MEASURED)) return null;
      measures.push({ value, before: bytesOf(stamp.after), after: bytesOf(stamp.tail) });
    }
    // Of a cell that is asked for it matters whether it is Unicode.
    if (places.some((place, i) => place?.isCell && roles[i] === SKIPPED)) return null;
    return {
      values: roles.map((role, i) => ({ before: between[i], role })),
      close: between[roles.length],
      measures,
      between: bytesOf(head.before),
    };
  }
}

function bytesOf({ bytes, length }: { readonly bytes: Buffer; readonly length: number }): Buffer {
  return bytes.subarray(0, length);
}
