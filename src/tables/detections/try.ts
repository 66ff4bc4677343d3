import { Detectors } from "../../detection/detectors.ts";
import { sensitivityFor } from "../../detection/sensitivity.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import { READINGS } from "../readings/layout.ts";
import { chainOf } from "./chain.ts";
import { detectInDay } from "./detect-days.ts";
import type { DetectionRow } from "./layout.ts";
import { compareRows } from "./rows.ts";
import type { SeenSoFar } from "./view-state.ts";

export interface TryOptions {
  /** The setting, milliseconds. */
  readonly oneIn: number;
  /** Without it, all. */
  readonly device: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly stopped: () => boolean;
}

/** The detections of a lake by another setting than its own: made from nothing, and not kept. Null where there is no table of readings. */
export async function tryDetections(
  storage: LakeStorage,
  { oneIn, device, since, stopped }: TryOptions,
): Promise<{ readonly rows: DetectionRow[]; readonly seen: SeenSoFar; readonly isWhole: boolean } | null> {
  const readings = await readSnapshot(storage, READINGS);
  if (readings === null) return null;
  const detectors = new Detectors(sensitivityFor(oneIn));
  const progress = { detectors, unreadable: 0 };
  const rows: DetectionRow[] = [];
  const { days } = chainOf(readings, oneIn);
  let isWhole = true;
  for (const [i, { unit }] of days.entries()) {
    isWhole = !stopped();
    if (!isWhole) break;
    const ofDay = await detectInDay(storage, unit, progress, { device, isLast: i === days.length - 1 });
    for (const row of ofDay) if (row.time >= since) rows.push(row);
  }
  const { count: devices, learned, passed } = detectors;
  return {
    rows: rows.sort((a, b) => a.time - b.time || compareRows(a, b)),
    seen: { devices, learned, passed, unreadable: progress.unreadable },
    isWhole,
  };
}
