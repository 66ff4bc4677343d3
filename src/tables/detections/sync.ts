import { Detectors } from "../../detection/detectors.ts";
import { DEFAULT_ONE_IN_MS, type Sensitivity, sensitivityFor } from "../../detection/sensitivity.ts";
import { hasCode } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { checkpointInTurn } from "../delta/checkpoint.ts";
import { MAX_RACES, raced } from "../delta/races.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { READINGS } from "../readings/layout.ts";
import { type Chain, type ChainDay, chainOf } from "./chain.ts";
import { commitView } from "./commit-view.ts";
import { detectInDays } from "./detect-days.ts";
import { checkView, DETECTIONS } from "./layout.ts";
import { type DetectorsSoFar, readStates, removeOtherStates, statesKey, worthKeeping } from "./states.ts";
import { ViewFiles } from "./view-files.ts";
import { MAX_AWAITED, shownVersion, type ViewState, viewStateOf } from "./view-state.ts";
import type { ViewContext, ViewOptions, ViewResult } from "./view-types.ts";

/**
 * Brings the table of detections to what the detector says of the newest version of the table of readings, whatever order that came to be
 * in: the same readings give the same rows. Read are the days that changed since, and those behind them. One commit; none where nothing
 * is to be done. Null where there is no table of readings.
 *
 * Throws `table_damaged`, `table_unsupported`, `storage_failed`, and `conflict` after twenty races that were lost to other writers.
 */
export async function syncDetections(context: ViewContext, options: ViewOptions = {}): Promise<ViewResult | null> {
  const { storage } = context;
  for (let races = 0; races <= MAX_RACES; races++) {
    // In this order: who commits behind this version of the view has seen no older readings than those it shows.
    const view = await readSnapshot(storage, DETECTIONS);
    const readings = await readSnapshot(storage, READINGS);
    if (readings === null) return null;
    const result = await attempt(context, options, view, readings);
    if (result !== "raced") return result;
  }
  throw raced(DETECTIONS);
}

async function attempt(
  context: ViewContext,
  { oneIn: wanted, stopped = () => false }: ViewOptions,
  view: Snapshot | null,
  readings: Snapshot,
): Promise<ViewResult | "raced"> {
  const { storage } = context;
  if (view !== null) checkView(view.metadata);
  const known = view === null ? null : viewStateOf(view);
  const oneIn = wanted ?? known?.oneIn ?? DEFAULT_ONE_IN_MS;
  const chain = chainOf(readings, oneIn);
  const nothing = { days: 0, found: 0, gone: 0, commits: 0, readings: readings.version, isWhole: true };
  if (view !== null && known?.head === chain.head && shownVersion(view) === readings.version)
    return { ...nothing, ...known, version: view.version };
  const files = new ViewFiles(storage, context.newId, view);
  try {
    const made = await make(storage, chain, known, sensitivityFor(oneIn), files, stopped);
    await files.flush();
    const isWhole = made.state.head !== null;
    const committed = await commitView(context, view, { ...made, files, readings: isWhole ? readings.version : null });
    if (committed === "raced") {
      await files.discard();
      return "raced";
    }
    await checkpointInTurn(storage, committed, context.now());
    await removeOtherStates(storage, new Set(made.state.checkpoints.map(statesKey)));
    return {
      ...{ ...made.state, version: committed.version, readings: shownVersion(committed), isWhole, commits: 1 },
      ...{ days: made.days, ...files.counts },
    };
  } catch (error) {
    // What cannot be removed now is left to the vacuum, as what a killed run leaves.
    await files.discard().catch(() => {});
    // The table of readings was made anew meanwhile.
    if (hasCode(error, "not_found") && (await hasChanged(storage, readings))) return "raced";
    throw error;
  }
}

async function hasChanged(storage: LakeStorage, { version, metadata }: Snapshot): Promise<boolean> {
  const newer = await readSnapshot(storage, READINGS);
  return newer?.version !== version || newer.metadata.id !== metadata.id;
}

/** What is to be committed. */
interface Made {
  readonly state: Omit<ViewState, "version">;
  readonly days: number;
}

/** Reads the days behind the best checkpoint into files. */
async function make(
  storage: LakeStorage,
  chain: Chain,
  known: ViewState | null,
  sensitivity: Sensitivity,
  files: ViewFiles,
  stopped: () => boolean,
): Promise<Made> {
  const { oneIn } = sensitivity;
  // Only the version of the table of readings is another.
  if (known?.head === chain.head) return { state: { ...known, oneIn }, days: 0 };
  const valid = new Set(known?.checkpoints.map(statesKey));
  const { start, progress } = await beginning(storage, chain, valid, sensitivity);
  const worth = worthKeeping(chain.days);
  const isKept = (day: ChainDay) => worth.has(day) && valid.has(statesKey(day));
  const before = chain.days.slice(0, start + 1).filter(isKept);
  const { end, checkpoints } = await detectInDays({ storage, chain, start, progress, worth, files, stopped });
  const { detectors, unreadable } = progress;
  const state = {
    head: end === chain.days.length ? chain.head : null,
    oneIn,
    ...{ devices: detectors.count, learned: detectors.learned, passed: detectors.passed, unreadable },
    awaited: detectors.awaited(MAX_AWAITED),
    checkpoints: [...before, ...checkpoints].map(({ date, before: digest }) => ({ date, before: digest })),
  };
  return { state, days: end - start };
}

/** The last day from which one can go on: nothing before it is other than the rows of the table say. */
async function beginning(
  storage: LakeStorage,
  { days }: Chain,
  valid: ReadonlySet<string>,
  sensitivity: Sensitivity,
): Promise<{ readonly start: number; readonly progress: DetectorsSoFar }> {
  for (let start = days.length - 1; start > 0; start--) {
    if (!valid.has(statesKey(days[start]))) continue;
    const progress = await readStates(storage, days[start], sensitivity);
    if (progress !== null) return { start, progress };
  }
  return { start: 0, progress: { detectors: new Detectors(sensitivity), unreadable: 0 } };
}
