import { isDataFault } from "../errors.ts";
import { DeviceTable } from "../pipeline/devices.ts";
import { scanObject } from "../pipeline/scan.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import type { Pull, SourceObject } from "../pipeline/source.ts";
import type { Terms } from "../pipeline/terms.ts";
import type { GoldRow } from "../report/rows.ts";
import { goldRowsOf } from "./gold.ts";
import { Matching } from "./matching.ts";
import { Side } from "./side.ts";
import { Tee } from "./tee.ts";

/** One set of rules for a batch. */
export interface Ruleset {
  readonly terms: Terms;
  readonly settings: PipelineSettings;
}

/** What a batch is by one set of rules. */
interface BatchOutcome {
  /** Why its file is refused; null where it is read. */
  readonly refused: string | null;
  /** The same for people. */
  readonly message: string | null;
  readonly gold: readonly GoldRow[];
}

export interface BatchPreview {
  readonly matching: Matching;
  readonly before: BatchOutcome | null;
  readonly after: BatchOutcome | null;
}

/**
 * Reads a batch once through both sets of rules; null is nobody who reads it. Its rows, counts and gold are those that
 * processing it would make. Throws what the store throws.
 */
export async function previewBatch(
  object: SourceObject,
  pull: Pull,
  before: Ruleset | null,
  after: Ruleset | null,
  limit: number,
): Promise<BatchPreview> {
  const isOneSource = before !== null && after !== null && before.terms.source === after.terms.source;
  const [a, b] = [new Side(!isOneSource), new Side(!isOneSource)];
  const matching = new Matching(a, b, isOneSource, limit);
  const readers = [before, after].filter((one) => one !== null).length;
  const tee = new Tee(pull, readers, () => matching.match());
  const outcomes = await Promise.all(
    [
      { rules: before, side: a },
      { rules: after, side: b },
    ].map(async ({ rules, side }) => {
      const outcome = rules === null ? null : await outcomeOf(object, tee, rules, side);
      matching.end(side);
      return outcome;
    }),
  );
  matching.match();
  return { matching, before: outcomes[0], after: outcomes[1] };
}

async function outcomeOf(
  object: SourceObject,
  tee: Tee,
  { terms, settings }: Ruleset,
  side: Side,
): Promise<BatchOutcome> {
  const devices = new DeviceTable();
  try {
    await scanObject(object, tee.reader(), {
      ...{
        settings,
        threshold: settings.anomalyThreshold,
        judge: side.judging(terms.judge),
        readings: devices,
        trace: side,
      },
      openRows: (...opened) => side.opened(terms.openRows(...opened)),
      sink: () => side.sink,
    });
    return { refused: null, message: null, gold: goldRowsOf(devices) };
  } catch (error) {
    if (!isDataFault(error)) throw error;
    return { refused: error.code, message: error.message, gold: [] };
  } finally {
    tee.leave();
  }
}
