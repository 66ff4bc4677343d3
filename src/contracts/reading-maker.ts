import { DEVICE_ID_INVALID, SCORE_INVALID, UNIT_MISSING, VALUE_INVALID } from "../pipeline/rejects.ts";
import { DeviceIds } from "./device-ids.ts";
import type { Clock } from "./fields/clock.ts";
import { moveDigits } from "./fields/digits.ts";
import { type Frame, isText, NONE, OTHER, TEXT, WORD } from "./frames/frame.ts";
import { MAX_RECORD_BYTES, type MadeRows } from "./made-rows.ts";
import type { Keep, MeasurePlan, PlanPart, ReadingPlan } from "./plan.ts";
import { RecordTime } from "./record-time.ts";
import { Stamper, type Stamps } from "./stamp.ts";
import { TextSet } from "./text-set.ts";

/** Names of measures that are remembered; of more, and of longer ones, it is worked out each time what they are. */
const REMEMBERED = 65_536;
const REMEMBERED_LENGTH = 1024;

/** Makes the readings of a record, cell by cell: each becomes a row, an empty line where there is none, or a reject. */
export class ReadingMaker {
  readonly #frame: Frame;
  readonly #plan: ReadingPlan;
  readonly #made: MadeRows;
  readonly #missing: TextSet;
  readonly #ids: DeviceIds;
  readonly #stamper: Stamper;
  readonly #leaves = new Map<string, MeasurePlan | null>();
  readonly #time: RecordTime;

  constructor(frame: Frame, plan: ReadingPlan, clock: Clock, made: MadeRows) {
    this.#frame = frame;
    this.#plan = plan;
    this.#time = new RecordTime(frame, plan.timestamp, clock);
    made.assumed = () => clock.assumed;
    for (const { name } of plan.measures) if (typeof name === "string" && name !== "") made.expect(name);
    this.#made = made;
    this.#missing = new TextSet([...plan.missing]);
    this.#ids = new DeviceIds(frame, plan);
    this.#stamper = new Stamper(frame, plan, made, this.#missing);
  }

  get stamps(): Stamps {
    return this.#stamper.stamps;
  }

  /** The header of what is made. */
  begin(): void {
    const { rows } = this.#made;
    rows.add(FRONT);
    for (const { name } of this.#plan.carry) {
      rows.comma();
      rows.addField(name, 0, name.length);
    }
    rows.endRow();
  }

  /** Whether the record that the frame stands at counts. */
  isKept(): boolean {
    const { keep } = this.#plan;
    return keep === null || this.#isKept(keep);
  }

  /** Whether what goes along with the readings of the record would take too much: of others only its own readings are lost then. */
  isTooLarge(): boolean {
    const { measures, carry } = this.#plan;
    const frame = this.#frame;
    const readings = measures.length + frame.leaves;
    if (carry.length === 0 || readings * (frame.end - frame.start) <= MAX_RECORD_BYTES) return false;
    let bytes = 0;
    for (const { column } of carry) if (isText(frame.look(column))) bytes += frame.to - frame.from;
    return readings * bytes > MAX_RECORD_BYTES;
  }

  /** Reads its timestamp: once for each record, in order. Less than 0 is a reason, negated. */
  time(): number {
    return this.#time.read();
  }

  /** Makes what is in the record, which is none that is rejected as a whole. */
  make(isKept: boolean, time: number): void {
    const { measures } = this.#plan;
    const frame = this.#frame;
    this.#made.keep(frame, time < 0 ? 0 - time : 0);
    if (!isKept) this.#made.left++;
    this.#stamper.begin(this.#time.words);
    for (let i = 0; i < measures.length; i++) {
      this.#made.checkRoom(frame);
      if (!isKept || time < 0 || !this.#stamper.make(i)) this.#make(measures[i], isKept, time);
    }
    if (frame.leaves === 0) return;
    for (let leaf = 0; leaf < frame.leaves; leaf++) {
      this.#made.checkRoom(frame);
      const measure = this.#leafMeasure(frame.leafName(leaf), frame.firstLeaf + leaf);
      if (measure !== null) this.#make({ ...measure, column: frame.firstLeaf + leaf }, isKept, time);
    }
  }

  /** Of which device the record is, for whoever tells passes of an hour apart. */
  deviceText(): string {
    return this.#ids.text(this.#plan.device);
  }

  #leafMeasure(name: string, column: number): MeasurePlan | null {
    let found = this.#leaves.get(name);
    if (found === undefined) {
      found = this.#plan.measureOf(name, column);
      if (this.#leaves.size < REMEMBERED && name.length <= REMEMBERED_LENGTH) this.#leaves.set(name, found);
    }
    return found;
  }

  #isKept({ column, texts }: Keep): boolean {
    const frame = this.#frame;
    return frame.look(column) !== NONE && texts.has(frame.cell.toString("utf8", frame.from, frame.to));
  }

  #make(measure: MeasurePlan, isKept: boolean, time: number): void {
    const frame = this.#frame;
    const made = this.#made;
    if (made.asksMeasures) made.setMeasure(this.#nameOf(measure));
    const kind = isKept ? frame.look(measure.column) : NONE;
    const { cell, from, to } = frame;
    const truth = kind === TEXT || kind === WORD ? this.#truthOf(cell, from, to) : undefined;
    const isAbsent = kind === NONE || (kind === WORD && truth === undefined) || this.#missing.has(cell, from, to);
    if (!isAbsent && made.unseen.size > 0) made.unseen.delete(this.#nameOf(measure));
    if (isAbsent || (measure.keep !== null && !this.#isKept(measure.keep))) made.leaveOut();
    else if (time < 0) made.reject();
    else {
      const { length, lines } = made.rows;
      const reason = kind === OTHER ? VALUE_INVALID : this.#write(measure, time, truth, cell, from, to);
      if (reason === 0) return;
      made.rows.cut(length, lines);
      made.rejectFor(frame, reason);
    }
  }

  #nameOf({ name }: MeasurePlan): string {
    if (typeof name === "string") return name;
    const frame = this.#frame;
    return isText(frame.look(name)) ? frame.cell.toString("utf8", frame.from, frame.to) : "";
  }

  #truthOf(cell: Buffer, from: number, to: number): Uint8Array | undefined {
    const { truth } = this.#plan;
    return truth.size === 0 ? undefined : truth.get(cell.toString("utf8", from, to));
  }

  /** Writes the reading; or why it is none, and then what was written of it is to be cut off. */
  #write(
    { id, unit }: MeasurePlan,
    time: number,
    truth: Uint8Array | undefined,
    b: Buffer,
    from: number,
    to: number,
  ): number {
    const { rows } = this.#made;
    const { score, carry, numbers } = this.#plan;
    rows.add(this.#time.words.bytes, 0, time);
    rows.comma();
    if (!this.#ids.addTo(rows, id)) return DEVICE_ID_INVALID;
    rows.comma();
    if (truth !== undefined) rows.add(truth);
    else {
      rows.reserve(to - from + 1);
      const end = moveDigits(b, from, to, numbers, rows.bytes, rows.to);
      // As it stands there it may be a number of the contract's, and another one: `12.34` where a point parts thousands.
      if (end < 0) return VALUE_INVALID;
      rows.to = end;
    }
    rows.comma();
    if (typeof unit === "object" && "unitOf" in unit) {
      const found = this.#ids.unitOf(id, unit.unitOf);
      if (found === null) return UNIT_MISSING;
      rows.addField(found, 0, found.length);
    } else this.#addPart(unit);
    rows.comma();
    if (typeof score !== "number") rows.add(score);
    else if (!this.#addScore(score)) return SCORE_INVALID;
    for (const { column } of carry) {
      rows.comma();
      this.#addPart(column);
    }
    rows.endRow();
    return 0;
  }

  #addScore(column: number): boolean {
    const { rows } = this.#made;
    const frame = this.#frame;
    if (frame.look(column) !== TEXT) return false;
    const { cell, from, to } = frame;
    rows.reserve(to - from + 1);
    const end = moveDigits(cell, from, to, this.#plan.numbers, rows.bytes, rows.to);
    if (end < 0) return false;
    rows.to = end;
    return true;
  }

  #addPart(part: PlanPart): void {
    const { rows } = this.#made;
    if (typeof part !== "number") {
      rows.addField(part, 0, part.length);
      return;
    }
    const frame = this.#frame;
    if (isText(frame.look(part))) rows.addField(frame.cell, frame.from, frame.to);
  }
}

const FRONT = Buffer.from("timestamp,device_id,value,unit,anomaly_score");
