import { ANOMALY_SIDE } from "./devices.ts";
import type { RowSink } from "./sinks.ts";

/** Readings on their way to a sink: rows that go to the same side one after the other are a run, which is copied at once. */
export class Runs {
  silver = 0;
  anomalies = 0;
  /** The offset in the file behind the last row, its line end included; -1 before the first. */
  lastEnd = -1;
  /** Offset in the file of `b[0]`. */
  base = 0;
  readonly #sink: RowSink;
  #side = -1;
  #start = 0;
  #end = 0;

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  /** Adds the row `b[rowStart..contentEnd)`. Its line end becomes LF in place. */
  add(b: Buffer, rowStart: number, contentEnd: number, side: number): void {
    b[contentEnd] = 10;
    if (side !== this.#side || rowStart !== this.#end) {
      this.finish();
      this.#side = side;
      this.#start = rowStart;
    }
    this.#end = contentEnd + 1;
    if (side === ANOMALY_SIDE) this.anomalies++;
    else this.silver++;
  }

  /** Counts rows up to `end` that are where they go already, and returns how many. No run is open. */
  addTaken(silver: number, anomalies: number, end: number): number {
    this.silver += silver;
    this.anomalies += anomalies;
    if (silver + anomalies > 0) this.lastEnd = this.base + end;
    return silver + anomalies;
  }

  /** Hands on the run that is open. */
  finish(): void {
    if (this.#side < 0) return;
    this.lastEnd = this.base + this.#end;
    this.#sink.rows(this.#side, this.#start, this.#end);
    this.#side = -1;
  }
}
