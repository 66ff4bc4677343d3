import type { LakeStorage } from "../../storage/port.ts";
import type { SeenSoFar } from "./view-state.ts";

/** What a run of the view is, and needs. */
export interface ViewContext {
  readonly storage: LakeStorage;
  /** The version of vantageflow. */
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A UUID, another each time. */
  readonly newId: () => string;
}

export interface ViewOptions {
  /** The setting, milliseconds; without one that of the table, or a month. */
  readonly oneIn?: number | undefined;
  /** Asked at the beginning of each day of readings; true makes what there is the last commit. At least one day is done. */
  readonly stopped?: () => boolean;
}

export interface ViewResult extends SeenSoFar {
  /** The version of the table of detections. */
  readonly version: number;
  /** The version of the table of readings whose detections the rows are; null where no run came to its end yet. */
  readonly readings: number | null;
  /** False where it was stopped: rows of later days are as they were before, and the next run goes on. */
  readonly isWhole: boolean;
  /** The setting, milliseconds. */
  readonly oneIn: number;
  readonly commits: number;
  /** Days of readings that were read. */
  readonly days: number;
  /** Rows that came, and rows that went. */
  readonly found: number;
  readonly gone: number;
}
