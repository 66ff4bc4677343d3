import { RECORD_TOO_LARGE } from "../pipeline/rejects.ts";
import type { Maker } from "./contract-rows.ts";
import type { Clock } from "./fields/clock.ts";
import type { Frame } from "./frames/frame.ts";
import type { MadeRows } from "./made-rows.ts";
import type { ReadingPlan } from "./plan.ts";
import { ReadingMaker } from "./reading-maker.ts";
import type { RecordRuns } from "./record-runs.ts";
import type { Stamps } from "./stamp.ts";

/** Makes rows of records that say themselves what is where: documents, points, packs. */
export class RecordMaker implements Maker {
  readonly #frame: Frame;
  readonly #made: MadeRows;
  readonly #readings: ReadingMaker;
  readonly #runs: RecordRuns | null;

  constructor(
    frame: Frame,
    made: MadeRows,
    plan: ReadingPlan,
    clock: (deviceOf: () => string) => Clock,
    runs: ((stamps: Stamps) => RecordRuns) | null,
  ) {
    this.#frame = frame;
    this.#made = made;
    this.#readings = new ReadingMaker(
      frame,
      plan,
      clock(() => this.#readings.deviceText()),
      made,
    );
    this.#runs = runs?.(this.#readings.stamps) ?? null;
  }

  begin(): void {
    this.#readings.begin();
  }

  make(): void {
    const reason = this.#frame.reason !== 0 ? this.#frame.reason : this.#readings.isTooLarge() ? RECORD_TOO_LARGE : 0;
    if (reason !== 0) {
      this.#made.keep(this.#frame, reason);
      this.#made.reject();
      return;
    }
    const isKept = this.#readings.isKept();
    this.#readings.make(isKept, isKept ? this.#readings.time() : 0);
    this.#runs?.make();
  }
}
