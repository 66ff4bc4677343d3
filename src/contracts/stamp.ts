import type { Frame } from "./frames/frame.ts";
import { TEXT } from "./frames/frame.ts";
import type { MadeRows } from "./made-rows.ts";
import type { MeasurePlan, ReadingPlan } from "./plan.ts";
import { needsQuotes, RowBuffer, type Stamp, Words } from "./row-buffer.ts";
import type { TextSet } from "./text-set.ts";

/** A digit more than there are in a source, and what {@link Words} are copied with. */
const SPARE_BYTES = 4;
/** A cell in an id that is longer goes the long way. */
const MAX_CELL_BYTES = 256;

/**
 * The way of almost every cell: what is the same in all rows of a measure stands ready, and the id of the record's device
 * is looked at once.
 */
export class Stamper {
  readonly #frame: Frame;
  readonly #plan: ReadingPlan;
  readonly #made: MadeRows;
  readonly #missing: TextSet;
  readonly #stamps: readonly (Stamp | null)[];
  readonly #cell = new Words(MAX_CELL_BYTES);
  /** Whose cell that is; -1 before one was looked at, -2 for one that goes the long way. */
  #cellColumn = -1;
  #time = this.#cell;

  constructor(frame: Frame, plan: ReadingPlan, made: MadeRows, missing: TextSet) {
    this.#frame = frame;
    this.#plan = plan;
    this.#made = made;
    this.#missing = missing;
    this.#stamps = plan.measures.map((measure) =>
      // Its name is looked at where somebody asks for it.
      typeof measure.name === "number" && made.asksMeasures ? null : stampOf(measure, plan),
    );
  }

  /** The next record has this timestamp. */
  begin(time: Words): void {
    this.#time = time;
    this.#cellColumn = -1;
  }

  /** Makes the reading of the measure at this place of the plan. False where it goes the long way: nothing was done then. */
  make(index: number): boolean {
    const stamp = this.#stamps[index];
    if (stamp === null || (stamp.column >= 0 && !this.#hasCell(stamp.column))) return false;
    const { name, column } = this.#plan.measures[index];
    const frame = this.#frame;
    if (frame.look(column) !== TEXT || this.#missing.has(frame.cell, frame.from, frame.to)) return false;
    if (typeof name === "string") {
      if (this.#made.unseen.size > 0) this.#made.unseen.delete(name);
      this.#made.setMeasure(name);
    }
    const { rows } = this.#made;
    const time = this.#time;
    rows.reserve(time.length + this.#cell.length + frame.to - frame.from + stamp.bytes + SPARE_BYTES);
    const rowStart = rows.to;
    rows.addWords(time);
    rows.addWords(stamp.before);
    if (stamp.column >= 0) rows.addWords(this.#cell);
    rows.addWords(stamp.after);
    return rows.endStamped(frame.cell, frame.from, frame.to, this.#plan.numbers, stamp.tail, rowStart);
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

/** Null where more of it is told by the record than one cell of the id. */
function stampOf({ id, unit, keep }: MeasurePlan, { score, carry, replace, truth }: ReadingPlan): Stamp | null {
  if (!(unit instanceof Uint8Array) || typeof score === "number") return null;
  if (carry.length > 0 || keep !== null || truth.size > 0 || replace !== null) return null;
  const at = id.findIndex((piece) => typeof piece === "number");
  if (id.filter((piece) => typeof piece === "number").length > 1) return null;
  const texts = id.map((piece) => (typeof piece === "number" ? Buffer.alloc(0) : Buffer.from(piece)));
  const [front, back] = at < 0 ? [texts, []] : [texts.slice(0, at), texts.slice(at)];
  const [before, after] = [Buffer.concat(front), Buffer.concat(back)];
  // A part of a field is put down as it is, a whole one as any other.
  if (at >= 0 && [before, after].some((part) => part.length > 0 && needsQuotes(part, 0, part.length))) return null;
  const tail = new RowBuffer();
  tail.comma();
  tail.addField(unit, 0, unit.length);
  tail.comma();
  tail.add(score);
  tail.endRow();
  const whole = new RowBuffer();
  whole.addField(before, 0, before.length);
  // One line and no more, as whoever counts them takes for granted.
  if (tail.lines !== 1 || whole.lines !== 0) return null;
  const comma = Buffer.from(",");
  const stamp = {
    column: at < 0 ? -1 : (id[at] as number),
    before: Words.of(Buffer.concat([comma, at < 0 ? whole.take() : before])),
    after: Words.of(Buffer.concat([after, comma])),
    tail: Words.of(tail.take()),
  };
  return { ...stamp, bytes: stamp.before.length + stamp.after.length + stamp.tail.length };
}
