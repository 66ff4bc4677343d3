import { FATES, isRejected, NONE_STATE } from "./fates.ts";
import type { Side } from "./side.ts";

/** A reading that goes elsewhere, or is written differently where it is. */
export interface Moved {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  /** What the proposed rule says that rejects it or makes it an anomaly, and what the one in force says. */
  readonly rule: string | null;
  readonly ruleBefore: string | null;
}

/** What becomes of the readings of a batch on both sides, pair by pair. */
export class Matching {
  /** Readings by `from * FATES + to`. */
  readonly pairs = new Float64Array(FATES * FATES);
  /** Readings that stay where they are and are written differently. */
  rewritten = 0;
  /** The first that move. */
  readonly samples: Moved[] = [];
  readonly #a: Side;
  readonly #b: Side;
  /** Both are read by one source: their readings are the same, one by one. */
  readonly #isOneSource: boolean;
  readonly #limit: number;
  readonly #ended = new Set<Side>();

  constructor(a: Side, b: Side, isOneSource: boolean, limit: number) {
    this.#a = a;
    this.#b = b;
    this.#isOneSource = isOneSource;
    this.#limit = limit;
  }

  /** Nothing more comes of this side. */
  end(side: Side): void {
    this.#ended.add(side);
  }

  /** Pairs what both sides have so far. */
  match(): void {
    const [i, j] = this.#isOneSource ? this.#inOrder() : this.#byRecord();
    this.#a.take(i);
    this.#b.take(j);
  }

  #inOrder(): [number, number] {
    const count = Math.min(this.#a.states.length, this.#b.states.length);
    for (let i = 0; i < count; i++) this.#pair(i, i);
    return [count, count];
  }

  /** Readings of one record, which both have at one offset, one by one; what only one side has was or will be none. */
  #byRecord(): [number, number] {
    const [a, b] = [this.#a.offsets, this.#b.offsets];
    let [i, j] = [0, 0];
    while (i < a.length && j < b.length) {
      if (a[i] === b[j]) this.#pair(i++, j++);
      else if (a[i] < b[j]) this.#pair(i++, -1);
      else this.#pair(-1, j++);
    }
    while (this.#ended.has(this.#b) && i < a.length) this.#pair(i++, -1);
    while (this.#ended.has(this.#a) && j < b.length) this.#pair(-1, j++);
    return [i, j];
  }

  #pair(i: number, j: number): void {
    const from = i < 0 ? NONE_STATE : this.#a.states[i];
    const to = j < 0 ? NONE_STATE : this.#b.states[j];
    this.pairs[from * FATES + to]++;
    // The row of a reject says which rule it was.
    const isOtherRule = isRejected(from) && this.#a.why.get(i) !== this.#b.why.get(j);
    const isRewritten = from === to && (isOtherRule || this.#a.digests[i] !== this.#b.digests[j]);
    if (isRewritten) this.rewritten++;
    if ((from === to && !isRewritten) || this.samples.length >= this.#limit) return;
    const line = j < 0 ? this.#a.lines[i] : this.#b.lines[j];
    this.samples.push({ line, from, to, rule: this.#b.why.get(j) ?? null, ruleBefore: this.#a.why.get(i) ?? null });
  }
}
