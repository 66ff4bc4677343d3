import type { Arena } from "../pipeline/arena.ts";
import { FIELD_COUNT, FIELDS_MORE, HEADER_REPEATED, VALUE_INVALID } from "../pipeline/rejects.ts";
import { ESCAPED, unescapeQuotes } from "../pipeline/row.ts";
import type { Origin, RowSource } from "../pipeline/source.ts";
import type { ColumnPlan, IdPart, MeasureColumn, WriteTime } from "./fields/columns.ts";
import { moveDigits } from "./fields/digits.ts";
import { roomForTimestamp } from "./fields/instant-writer.ts";
import { type DelimitedFrame, END, MORE, ROW } from "./frames/delimited.ts";
import { Origins } from "./origins.ts";
import { RowBuffer } from "./row-buffer.ts";

export interface DelimitedOptions {
  readonly frame: DelimitedFrame;
  readonly arena: Arena;
  /** Asked once, when the header and the units have been read. Throws what the file is refused with. */
  readonly plan: (header: readonly string[], units: readonly string[]) => ColumnPlan;
  readonly writeTime: WriteTime;
  /** SHA-256 of the bytes that came in, lower-case hex. */
  readonly digest: () => string;
}

const FRONT = Buffer.from("timestamp,device_id,value,unit,anomaly_score");
/** A row that no header has: what stands for a row of the source that is rejected. */
const NO_ROW = Buffer.from("-");

/**
 * The source of rows of a delimited text: each of its rows becomes one reading for each measure, an empty line for a cell
 * that has none (the scanner counts it as blank), or one row that the scanner rejects, for the reason that is told here.
 */
export class DelimitedRows implements RowSource {
  limit = 0;
  base = 0;
  ended = false;
  absent = 0;
  readonly #options: DelimitedOptions;
  readonly #rows = new RowBuffer();
  readonly #origins = new Origins();
  readonly #id = new RowBuffer();
  #time: Buffer = Buffer.alloc(0);
  #plan: ColumnPlan | null = null;
  #header: readonly string[] = [];
  /** Bytes of the text of all rows that are in the arena or were. */
  #moved = 0;

  constructor(options: DelimitedOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#options.frame.size;
  }

  get isLineEndAdded(): boolean {
    return this.#options.frame.isLineEndAdded;
  }

  fill(): void | Promise<void> {
    const { arena } = this.#options;
    this.#origins.release(this.base + arena.start);
    arena.carry();
    return this.#go();
  }

  /** Makes rows until the arena is full or nothing follows; goes on later where the store lets it wait. */
  #go(): void | Promise<void> {
    const { arena, frame } = this.#options;
    let state: ReturnType<DelimitedFrame["next"]> = MORE;
    while (state !== END && this.#rows.length < arena.inputEnd - arena.end) {
      state = frame.next();
      if (state === ROW) this.#make();
      else if (state === MORE) {
        const filled = frame.fill();
        if (filled !== undefined) return filled.then(() => this.#go());
      }
    }
    if (state === END && this.#plan === null) this.#begin();
    this.#moved += this.#rows.moveTo(arena);
    this.base = this.#moved - arena.end;
    this.limit = arena.end;
    this.ended = state === END && this.#rows.length === 0;
  }

  #begin(): ColumnPlan {
    const { frame, plan } = this.#options;
    this.#header = frame.header.at(-1) ?? [];
    const columns = plan(this.#header, frame.units);
    this.#plan = columns;
    this.#rows.add(FRONT);
    for (const { name } of columns.carry) {
      this.#rows.comma();
      this.#addPart(name);
    }
    this.#rows.endRow();
    return columns;
  }

  #make(): void {
    const plan = this.#plan ?? this.#begin();
    const { frame } = this.#options;
    if (frame.isEmpty()) {
      this.#rows.endRow();
      return;
    }
    const reason = this.#reasonOf(plan);
    if (reason !== 0) {
      this.#keep(reason);
      this.#reject();
      return;
    }
    if (plan.keep !== null && !plan.keep.texts.has(frame.text(plan.keep.column))) {
      for (const _ of plan.measures) this.#leaveOut();
      return;
    }
    const time = this.#writeTime(plan);
    this.#keep(time < 0 ? -time : 0);
    for (const measure of plan.measures) this.#addReading(plan, measure, time);
  }

  /** Why no reading is made of a row at all. */
  #reasonOf({ columns }: ColumnPlan): number {
    const { fields } = this.#options.frame.row;
    if (fields !== columns) return fields > columns ? FIELDS_MORE : FIELD_COUNT;
    return this.#options.frame.says(this.#header) ? HEADER_REPEATED : 0;
  }

  #keep(reason: number): void {
    const { line, byteOffset, b, start, row } = this.#options.frame;
    const [madeLine, madeOffset] = [this.#rows.lines + 1, this.#moved + this.#rows.length];
    this.#origins.add({ madeLine, madeOffset, line, byteOffset, b, from: start, to: row.contentEnd, reason });
  }

  /** Where it ends in `#time`, or the negated reason. */
  #writeTime({ timestamp }: ColumnPlan): number {
    const { frame, writeTime } = this.#options;
    const { b, row } = frame;
    if (timestamp.length === 1) {
      const [column] = timestamp;
      row.trim(b, column);
      const [from, to] = [row.starts[column], row.ends[column]];
      return writeTime(b, from, to, this.#roomFor(to - from), 0);
    }
    const text = Buffer.from(timestamp.map((column) => frame.text(column)).join(" "));
    return writeTime(text, 0, text.length, this.#roomFor(text.length), 0);
  }

  /** Where the timestamp of a cell of this length goes. */
  #roomFor(cellBytes: number): Buffer {
    const room = roomForTimestamp(cellBytes);
    if (room > this.#time.length) this.#time = Buffer.alloc(2 * room);
    return this.#time;
  }

  /** A row in the place of one that is told by its origin. */
  #reject(): void {
    this.#rows.add(NO_ROW);
    this.#rows.endRow();
  }

  #leaveOut(): void {
    this.absent++;
    this.#rows.endRow();
  }

  #addReading(plan: ColumnPlan, { column, id, unit }: MeasureColumn, time: number): void {
    const { frame } = this.#options;
    const { b, row } = frame;
    row.trim(b, column);
    const [from, to] = [row.starts[column], row.ends[column]];
    if (plan.missing.has(b.toString("latin1", from, to))) {
      this.#leaveOut();
      return;
    }
    const rows = this.#rows;
    if (time < 0) {
      this.#reject();
      return;
    }
    const [length, lines] = [rows.length, rows.lines];
    rows.add(this.#time, 0, time);
    rows.comma();
    this.#addId(id);
    rows.comma();
    rows.reserve(to - from + 1);
    const end = moveDigits(b, from, to, plan.numbers, rows.bytes, rows.to);
    // As it stands there it may be a number of the contract's, and another one: `12.34` where a point parts thousands.
    if (end < 0) {
      rows.cut(length, lines);
      this.#keep(VALUE_INVALID);
      this.#reject();
      this.#keep(0);
      return;
    }
    rows.to = end;
    rows.comma();
    this.#addPart(unit);
    rows.comma();
    this.#addPart(plan.score);
    for (const { column: carried } of plan.carry) {
      rows.comma();
      this.#addCell(carried);
    }
    this.#rows.endRow();
  }

  #addId(parts: readonly IdPart[]): void {
    if (parts.length === 1) {
      this.#addPart(parts[0]);
      return;
    }
    const id = this.#id;
    id.to = 0;
    for (const part of parts) {
      if (typeof part !== "number") id.add(part);
      else id.add(Buffer.from(this.#options.frame.text(part)));
    }
    this.#rows.addField(id.bytes, 0, id.to);
  }

  #addPart(part: IdPart): void {
    if (typeof part === "number") this.#addCell(part);
    else this.#rows.addField(part, 0, part.length);
  }

  #addCell(column: number): void {
    const { row, b } = this.#options.frame;
    row.trim(b, column);
    const [from, to] = [row.starts[column], row.ends[column]];
    if (row.kinds[column] !== ESCAPED) {
      this.#rows.addField(b, from, to);
      return;
    }
    const text = unescapeQuotes(b, from, to);
    this.#rows.addField(text, 0, text.length);
  }

  check(): void {}

  originOf(reason: number, line: number): Origin {
    return this.#origins.of(reason, line);
  }

  digest(): string {
    return this.#options.digest();
  }
}
