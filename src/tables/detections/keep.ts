import { type VerifiedTable, verifyFiles } from "../days/verify-files.ts";
import { isTurnOf } from "../delta/checkpoint.ts";
import { hasTable } from "../delta/log.ts";
import { removeTable } from "../delta/remove.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import { cutoffOf, type ExpireTimes, type Garbage, planVacuum, removeGarbage } from "../delta/vacuum.ts";
import { DETECTIONS } from "./layout.ts";
import { removeOtherStates } from "./states.ts";
import type { ViewContext, ViewResult } from "./view-types.ts";

type Storage = Pick<ViewContext, "storage">;

/** Whether somebody has ever asked for detections: a lake without them owes them nothing. */
export function hasDetections({ storage }: Storage): Promise<boolean> {
  return hasTable(storage, DETECTIONS);
}

/** Holds the table of detections against its log, see {@link verifyFiles}. Null where there is no table. */
export function verifyDetections({ storage }: Storage): Promise<VerifiedTable | null> {
  return verifyFiles(storage, DETECTIONS, () => false);
}

/** What no version of the table of detections within its retention needs; nothing where there is no table. Nothing is changed. */
export async function planDetectionsVacuum({ storage }: Storage, times: ExpireTimes): Promise<Garbage[]> {
  const view = await readSnapshot(storage, DETECTIONS);
  return view === null ? [] : planVacuum(storage, view, cutoffOf(times));
}

/** Removes it. Returns what is gone. */
export async function vacuumDetections(
  context: Storage,
  times: ExpireTimes,
  options: { readonly stopped?: () => boolean } = {},
): Promise<readonly Garbage[]> {
  const garbage = await planDetectionsVacuum(context, times);
  return removeGarbage(context.storage, garbage, () => readSnapshot(context.storage, DETECTIONS), options);
}

/** Removes files that no version needs, once in twenty versions: for whom nobody calls `expire`. */
export async function tidyDetections(context: ViewContext, { version, commits }: ViewResult): Promise<void> {
  if (!isTurnOf(version - commits, version)) return;
  const now = context.now();
  await vacuumDetections(context, { now, clock: now });
}

/** Takes the table of detections away, whatever state it is in, and what the detector remembers: the next run makes all anew. */
export async function dropDetections({ storage }: Storage): Promise<void> {
  await removeTable(storage, DETECTIONS);
  await removeOtherStates(storage, new Set());
}
