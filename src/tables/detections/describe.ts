import type { LakeStorage } from "../../storage/port.ts";
import { PARTITION } from "../days/day.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import { sizesOf, type TableSummary } from "../readings/describe.ts";
import { READINGS } from "../readings/layout.ts";
import { COLUMNS, DETECTIONS } from "./layout.ts";
import { shownVersion } from "./view-state.ts";

/** What there is of the table of detections; null where nobody has made it. Throws what {@link readSnapshot} throws. */
export async function describeDetections(storage: LakeStorage): Promise<TableSummary | null> {
  const snapshot = await readSnapshot(storage, DETECTIONS);
  if (snapshot === null) return null;
  const columns = [PARTITION, ...COLUMNS.map(({ name }) => name)];
  return { name: "detections", ...(await sizesOf(storage, DETECTIONS, snapshot)), columns };
}

/** A table of detections that is older than that of readings. */
export interface DetectionsLag {
  /** The version of readings that they are of; null while they are being made. */
  readonly shown: number | null;
  readonly newest: number;
}

/** How far detections are behind the table of readings; null where they are of its newest version, or one of both is not there. */
export async function detectionsLag(storage: LakeStorage): Promise<DetectionsLag | null> {
  // In this order: readings that come meanwhile are told.
  const view = await readSnapshot(storage, DETECTIONS);
  const readings = await readSnapshot(storage, READINGS);
  if (view === null || readings === null) return null;
  const shown = shownVersion(view);
  return shown === readings.version ? null : { shown, newest: readings.version };
}
