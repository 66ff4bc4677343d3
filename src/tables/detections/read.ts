import type { LakeStorage } from "../../storage/port.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import { boundsOf, mightHold } from "../scan/prune.ts";
import type { Span } from "../scan/units.ts";
import { checkView, DETECTIONS, type DetectionRow } from "./layout.ts";
import { compareRows, readDetectionRows } from "./rows.ts";
import { shownVersion, type ViewState, viewStateOf } from "./view-state.ts";

/** Which detections; without a device those of all. Times are milliseconds since the epoch, `until` is not included. */
export interface DetectionsQuery {
  readonly device?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

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
  { device, since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: DetectionsQuery = {},
): Promise<KeptDetections | null> {
  const view = await readSnapshot(storage, DETECTIONS);
  if (view === null) return null;
  checkView(view.metadata);
  const span: Span = [since, until - 1];
  const rows: DetectionRow[] = [];
  for (const [path, add] of view.files) {
    const file = { path, add };
    if (!mightHold(boundsOf(file), device ?? null, span)) continue;
    for (const row of await readDetectionRows(storage, file, { device, from: since, to: until - 1 })) rows.push(row);
  }
  rows.sort((a, b) => a.time - b.time || compareRows(a, b));
  return { rows, version: view.version, readings: shownVersion(view), state: viewStateOf(view) };
}
