import type { AwaitedDevice } from "../../detection/detectors.ts";
import type { Metadata } from "../delta/actions.ts";
import type { Snapshot } from "../delta/state.ts";
import type { ChainDay } from "./chain.ts";

/** In the table's properties: what its rows come of. It changes with them in one commit, and other programs keep it. */
const PROPERTY = "vantageflow.detections";

/** How far the table of readings is shown, by the count of the application that Delta logs have for this. */
export const APPLICATION = "vantageflow-detect";

/** What a detector has seen. */
export interface SeenSoFar {
  readonly devices: number;
  /** Of these, those that have shown what is usual: of the others nothing is told. */
  readonly learned: number;
  /** Readings that did not count, see `Detectors.take`. */
  readonly passed: number;
  /** Rows of the table of readings that are none. */
  readonly unreadable: number;
}

/** Devices that are kept of those that will be silent next. */
export const MAX_AWAITED = 20;

export interface ViewState extends SeenSoFar {
  /** The version of the table that this was said of: behind it another program has changed the rows. */
  readonly version: number;
  /** The chain's head; null while only days up to the last checkpoint are up to date. */
  readonly head: string | null;
  /** The setting, milliseconds. */
  readonly oneIn: number;
  /** Days at whose beginning there is a checkpoint, in time: all rows of the days before come of what it was named by. */
  readonly checkpoints: readonly Pick<ChainDay, "date" | "before">[];
  /** Who is silent next, see `Detectors.awaited`: {@link MAX_AWAITED} at most. So it is known by the clock, too. */
  readonly awaited?: readonly AwaitedDevice[];
}

/** Null where nothing is known of the rows, for another program has written them. */
export function viewStateOf({
  version,
  metadata: { configuration },
}: Pick<Snapshot, "metadata" | "version">): ViewState | null {
  try {
    const state = JSON.parse(configuration?.[PROPERTY] ?? "null") as ViewState | null;
    return state?.version === version ? state : null;
  } catch {
    return null;
  }
}

export function withViewState(metadata: Metadata, state: ViewState): Metadata {
  return { ...metadata, configuration: { ...metadata.configuration, [PROPERTY]: JSON.stringify(state) } };
}

/** The version of the table of readings whose detections the rows are; null where no run came to its end yet. */
export function shownVersion({ txns }: Pick<Snapshot, "txns">): number | null {
  return txns.get(APPLICATION)?.version ?? null;
}
