import type { Frame } from "./frames/frame.ts";
import { TEXT } from "./frames/frame.ts";
import type { MadeRows } from "./made-rows.ts";
import type { MeasurePlan, ReadingPlan } from "./plan.ts";
import { needsQuotes, RowBuffer, type Stamp, Words } from "./row-buffer.ts";
import type { TextSet } from "./text-set.ts";

/** A digit more than there are in a source, and what {@link Words} are copied with. */
const SPARE_BYTES = 8;
const COMMA = Buffer.from(",");
const NOTHING = Buffer.alloc(0);
const NO_WORDS = Words.of(NOTHING);
/** Measures beyond it go the long way: a stamp takes half a kilobyte, and there may be a hundred thousand. */
const MAX_STAMPS = 4096;
/** A cell in an id that is longer goes the long way. */
const MAX_CELL_BYTES = 256;

/** Of the first measures; null of one that goes the long way. */
export type Stamps = readonly (Stamp | null)[];

/**
 * The way of almost every cell: what is the same in all rows of a measure stands ready, and the id of the record's device
 * is looked at once.
 */
export class Stamper {
  readonly #frame: Frame;
  readonly #plan: ReadingPlan;
  readonly #made: MadeRows;
  readonly #missing: TextSet;
  readonly stamps: Stamps;
  readonly #cell = new Words(MAX_CELL_BYTES);
  /** Whose cell that is; -1 before one was looked at, -2 for one that goes the long way. */
  #cellColumn = -1;
  #time = this.#cell;
  /** What rows of the record begin with, as far as they are alike; and the last stamp's part of it, null before the first. */
  #head = new Words(256);
  #headBefore: Words | null = null;
  #headColumn = -1;

  constructor(frame: Frame, plan: ReadingPlan, made: MadeRows, missing: TextSet) {
    this.#frame = frame;
    this.#plan = plan;
    this.#made = made;
    this.#missing = missing;
    const maker = new StampMaker(plan);
    this.stamps = plan.measures.slice(0, MAX_STAMPS).map((measure) =>
      // Its name is looked at where somebody asks for it.
      typeof measure.name === "number" && made.asksMeasures ? null : maker.stampOf(measure),
    );
  }

  /** The next record has this timestamp. */
  begin(time: Words): void {
    this.#time = time;
    this.#cellColumn = -1;
    this.#headBefore = null;
  }

  /** Makes the reading of the measure at this place of the plan. False where it goes the long way: nothing was done then. */
  make(index: number): boolean {
    const stamp = index < MAX_STAMPS ? this.stamps[index] : null;
    if (stamp === null || !this.#hasHead(stamp)) return false;
    const { name, column } = this.#plan.measures[index];
    const frame = this.#frame;
    if (frame.look(column) !== TEXT || this.#missing.has(frame.cell, frame.from, frame.to)) return false;
    if (typeof name === "string") {
      if (this.#made.unseen.size > 0) this.#made.unseen.delete(name);
      this.#made.setMeasure(name);
    }
    const { rows } = this.#made;
    const head = this.#head;
    const { after, tail } = stamp;
    rows.reserve(head.length + after.length + frame.to - frame.from + tail.length + SPARE_BYTES);
    const rowStart = rows.to;
    rows.addWords(head);
    rows.addWords(after);
    return rows.endStamped(frame.cell, frame.from, frame.to, this.#plan.numbers, tail, rowStart);
  }

  #hasHead({ before, column }: Stamp): boolean {
    if (this.#headBefore === before && this.#headColumn === column) return true;
    if (column >= 0 && !this.#hasCell(column)) return false;
    const time = this.#time;
    const cell = column >= 0 ? this.#cell : NO_WORDS;
    const length = time.length + before.length + cell.length;
    if (length > this.#head.capacity) this.#head = new Words(2 * length);
    const head = this.#head;
    head.length = 0;
    head.add(time);
    head.add(before);
    head.add(cell);
    this.#headBefore = before;
    this.#headColumn = column;
    return true;
  }

  #hasCell(column: number): boolean {
    if (this.#cellColumn === column) return true;
    if (this.#cellColumn !== -1) return false;
    this.#cellColumn = -2;
    const frame = this.#frame;
    if (frame.look(column) !== TEXT) return false;
    const { cell, from, to } = frame;
    if (from === to || to - from > MAX_CELL_BYTES || needsQuotes(cell, from, to)) return false;
    const { bytes } = this.#cell;
    for (let p = from; p < to; p++) bytes[p - from] = cell[p];
    this.#cell.length = to - from;
    this.#cellColumn = column;
    return true;
  }
}

/** Makes the stamps of the measures of a plan: what is the same in them is one object. */
class StampMaker {
  readonly #plan: ReadingPlan;
  readonly #rows = new RowBuffer();
  readonly #tails = new Map<Uint8Array, Words | null>();
  #before = Words.of(COMMA);

  constructor(plan: ReadingPlan) {
    this.#plan = plan;
  }

  /** Null where more of it is told by the record than one cell of the id. */
  stampOf({ id, unit, keep }: MeasurePlan): Stamp | null {
    const { score, carry, replace, truth } = this.#plan;
    if (!(unit instanceof Uint8Array) || typeof score === "number") return null;
    if (carry.length > 0 || keep !== null || truth.size > 0 || replace !== null) return null;
    const at = id.findIndex((piece) => typeof piece === "number");
    if (id.filter((piece) => typeof piece === "number").length > 1) return null;
    const texts = id.map((piece) => (typeof piece === "number" ? NOTHING : piece));
    const [front, back] = at < 0 ? [texts, []] : [texts.slice(0, at), texts.slice(at)];
    const [before, after] = [Buffer.concat(front), Buffer.concat(back)];
    // A part of a field is put down as it is, a whole one as any other.
    if (at >= 0 && [before, after].some((part) => part.length > 0 && needsQuotes(part, 0, part.length))) return null;
    const whole = at < 0 ? this.#written((rows) => rows.addField(before, 0, before.length), 0) : after;
    const tail = this.#tailOf(unit, score);
    if (whole === null || tail === null) return null;
    return {
      column: at < 0 ? -1 : (id[at] as number),
      before: this.#front(at < 0 ? COMMA : Buffer.concat([COMMA, before])),
      after: Words.of(Buffer.concat([whole, COMMA])),
      tail,
    };
  }

  #front(before: Buffer): Words {
    const { bytes, length } = this.#before;
    if (before.compare(bytes, 0, length) !== 0) this.#before = Words.of(before);
    return this.#before;
  }

  #tailOf(unit: Uint8Array, score: Uint8Array): Words | null {
    const known = this.#tails.get(unit);
    if (known !== undefined) return known;
    const written = this.#written((rows) => {
      rows.comma();
      rows.addField(unit, 0, unit.length);
      rows.comma();
      rows.add(score);
      rows.endRow();
    }, 1);
    const tail = written === null ? null : Words.of(written);
    this.#tails.set(unit, tail);
    return tail;
  }

  /** What is written, unless it has other lines than so many, which whoever counts them takes for granted. */
  #written(write: (rows: RowBuffer) => void, lines: number): Uint8Array | null {
    const rows = this.#rows;
    rows.lines = 0;
    write(rows);
    const taken = Buffer.from(rows.bytes.subarray(0, rows.to));
    rows.to = 0;
    return rows.lines === lines ? taken : null;
  }
}
