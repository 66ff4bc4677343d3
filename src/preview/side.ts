import { SILVER_SIDE } from "../pipeline/devices.ts";
import type { Judge } from "../pipeline/judge.ts";
import type { RowSink, RowTrace } from "../pipeline/sinks.ts";
import type { Origin, RowSource } from "../pipeline/source.ts";
import { ABSENT_STATE, ANOMALY_STATE, rejectFate, SILVER_STATE } from "./fates.ts";

/** One after the other, what becomes of the readings of a batch by one set of rules: kept until the other side is there. */
export class Side implements RowTrace {
  readonly states: number[] = [];
  /** Where the record of each stands in the object. */
  readonly lines: number[] = [];
  readonly offsets: number[] = [];
  /** Digests of rows as they are written, where they are compared. */
  readonly digests: number[] = [];
  /** What a rule says that rejected it or made it an anomaly; only of those. */
  readonly why = new Map<number, string>();
  readonly #comparesRows: boolean;
  #source: RowSource | null = null;
  /** Of the reading that comes next, the rule that makes it an anomaly. */
  #rule: string | null = null;
  /** Where nothing but rejects goes. */
  readonly sink: RowSink = { header() {}, rows() {}, reject: (origin) => this.#reject(origin), drain() {} };

  constructor(comparesRows: boolean) {
    this.#comparesRows = comparesRows;
  }

  opened(source: RowSource): RowSource {
    this.#source = source;
    return source;
  }

  /** The judge of this side: of each rule that holds against a reading it is kept what it says. */
  judging(judge: Judge | null): Judge | null {
    if (judge === null) return null;
    return {
      asksMeasure: judge.asksMeasure,
      begin: judge.begin.bind(judge),
      judge: judge.judge.bind(judge),
      limits: judge.limits.bind(judge),
      count: (rule, readings) => {
        judge.count(rule, readings);
        this.#rule = judge.textOf(rule);
      },
      textOf: judge.textOf.bind(judge),
      counts: judge.counts.bind(judge),
      unmet: judge.unmet.bind(judge),
    };
  }

  /** Lets go of the first so many. */
  take(count: number): void {
    if (count === 0) return;
    for (const list of [this.states, this.lines, this.offsets, this.digests]) list.splice(0, count);
    const why = [...this.why];
    this.why.clear();
    for (const [at, text] of why) if (at >= count) this.why.set(at - count, text);
  }

  reading(line: number, byteOffset: number, side: number, b: Uint8Array, from: number, to: number): void {
    if (this.#rule !== null) this.why.set(this.states.length, this.#rule);
    this.#rule = null;
    this.#add(side === SILVER_SIDE ? SILVER_STATE : ANOMALY_STATE, line, byteOffset);
    if (this.#comparesRows) this.digests.push(digestOf(b, from, to));
  }

  blank(line: number, byteOffset: number): void {
    // An empty row of a text that is the rows themselves is no cell without a value.
    if (this.#source?.records === null) return;
    this.#add(ABSENT_STATE, line, byteOffset);
    if (this.#comparesRows) this.digests.push(0);
  }

  #reject({ reason, line, byteOffset, rule }: Origin): void {
    if (rule !== undefined) this.why.set(this.states.length, rule);
    this.#rule = null;
    this.#push(rejectFate(reason), line, byteOffset);
    if (this.#comparesRows) this.digests.push(0);
  }

  /** Of a text that is the rows themselves, they stand where they stand; of all else, its source knows. */
  #add(state: number, line: number, byteOffset: number): void {
    const source = this.#source;
    if (source === null || source.records === null) this.#push(state, line, byteOffset);
    else {
      const origin = source.originOf(0, line, byteOffset, NOTHING, 0, 0);
      this.#push(state, origin.line, origin.byteOffset);
    }
  }

  #push(state: number, line: number, byteOffset: number): void {
    this.states.push(state);
    this.lines.push(line);
    this.offsets.push(byteOffset);
  }
}

const NOTHING = new Uint8Array(0);

/** FNV-1a over the row: two rows of one record that differ have the same by a chance of one in four billion. */
function digestOf(b: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let p = from; p < to; p++) h = Math.imul(h ^ b[p], 0x01000193);
  return h;
}
