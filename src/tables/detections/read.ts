import { mapBounded } from "../../bounded.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { type Bounds, boundsOf, mightHold } from "../scan/prune.ts";
import { checkView, DETECTIONS, type DetectionRow } from "./layout.ts";
import { compareRows, readDetectionRows } from "./rows.ts";
import { shownVersion, type ViewState, viewStateOf } from "./view-state.ts";

/** Which detections; without a device those of all. Times are milliseconds since the epoch, `until` is not included. */
export interface DetectionsQuery {
  readonly device?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only so many, the newest of them; unless given, all. */
  readonly newest?: number | undefined;
}

/** Files that are read at once: in a bucket each is some requests. */
const AT_ONCE = 16;

/** The detections of a lake as they were kept last. */
export interface KeptDetections {
  /** By time, those of one time by device. */
  readonly rows: readonly DetectionRow[];
  /** The version of the table of detections. */
  readonly version: number;
  /** The version of the table of readings that they are of; null while they are being made. */
  readonly readings: number | null;
  /** What the detector has seen, and its setting; null where another program has written the rows. */
  readonly state: ViewState | null;
}

/**
 * The detections that the lake keeps; null where nobody ever made them. Reads only the files that may have such rows, and makes nothing.
 * Throws `storage_failed`, `table_damaged` and `table_unsupported`.
 */
export async function readDetections(
  storage: LakeStorage,
  query: DetectionsQuery = {},
): Promise<KeptDetections | null> {
  const view = await readSnapshot(storage, DETECTIONS);
  if (view === null) return null;
  const rows = await detectionsOf(storage, view, query);
  return { rows, version: view.version, readings: shownVersion(view), state: viewStateOf(view) };
}

/** Those of a version of the table that was read already, in the same order. The files with the newest rows first, until there are enough. */
export async function detectionsOf(
  storage: LakeStorage,
  view: Snapshot,
  {
    device,
    since: from = Number.NEGATIVE_INFINITY,
    until = Number.POSITIVE_INFINITY,
    newest = Number.POSITIVE_INFINITY,
  }: DetectionsQuery = {},
): Promise<readonly DetectionRow[]> {
  checkView(view.metadata);
  const to = until - 1;
  const files = Array.from(view.files, ([path, add]) => ({ path, add, bounds: boundsOf({ path, add }) }))
    .filter(({ bounds }) => mightHold(bounds, device ?? null, [from, to]))
    .sort((a, b) => lastTime(b) - lastTime(a) || 0);
  const rows: DetectionRow[] = [];
  while (files.length > 0 && !(rows.length >= newest && lastTime(files[0]) < rows[rows.length - newest].time)) {
    const some = files.splice(0, AT_ONCE);
    const read = await mapBounded(some, AT_ONCE, (file) => readDetectionRows(storage, file, { device, from, to }));
    for (const row of read.flat()) rows.push(row);
    rows.sort((a, b) => a.time - b.time || compareRows(a, b));
  }
  return rows.slice(-newest);
}

/** A file that does not say may have anything. */
function lastTime({ bounds }: { readonly bounds: Bounds }): number {
  return bounds.times?.[1] ?? Number.POSITIVE_INFINITY;
}
