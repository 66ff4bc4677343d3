import type { Reason } from "../detection/reasons.ts";

/** What an overview says of detections. */
export interface DetectionsState {
  /** As of the newest version of their table; null where that cannot be read. */
  readonly newest: {
    readonly version: number;
    /** The version of the table of readings that they are of; null while they are being made. And how many newer ones there are. */
    readonly readings_version: number | null;
    readonly behind: number | null;
    /** The setting: about one false alarm of a device in so many days. Null, as what follows, where another program has written them. */
    readonly one_in_days: number | null;
    /** Devices that were looked at, and of these those of which enough is known to tell something. */
    readonly devices: number | null;
    readonly learned: number | null;
  } | null;
  /** Why they, or what people said of them, cannot be read; null where they can. */
  readonly problem: string | null;
  /** Of readings whose own time is in the last 24 hours; null where they cannot be read. */
  readonly last_24h: {
    /** Without those that are muted. */
    readonly detections: number;
    readonly muted: number;
    /** How many devices have some that are not muted. */
    readonly devices: number;
    /** These devices, the one with the newest detection first; at most 20. */
    readonly by_device: readonly DetectedDevice[];
  } | null;
  /**
   * Devices that are silent by the clock, though the table has not moved on, the one that has been for longest first; at most 20, and
   * none that was last heard of more than a week ago.
   */
  readonly silent: readonly SilentDevice[];
}

/** A device that should have reported by its own past, and has not as far as the table knows. */
export interface SilentDevice {
  readonly device_id: string;
  /** The time of its newest reading, and from when on it was too long. */
  readonly last: string;
  readonly since: string;
}

export interface DetectedDevice {
  readonly device_id: string;
  readonly detections: number;
  /** The time of the newest one, and why it is. */
  readonly newest: string;
  readonly reason: Reason;
}
