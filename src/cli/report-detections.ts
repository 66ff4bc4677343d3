import { REASON_TEXTS, type Reason } from "../detection/reasons.ts";
import type { DeviceReport } from "../report/merge.ts";
import type { LakeStorage } from "../storage/port.ts";
import { hasTable } from "../tables/delta/log.ts";
import { DETECTIONS } from "../tables/detections/layout.ts";
import { muteOf, readMutes } from "../tables/detections/mutes.ts";

/** What is told of a device beside its report: detections that nobody has muted. Names are those of the JSON that `report` prints. */
interface Detected {
  readonly detections: number;
  /** The newest of them; null where there is none. */
  readonly last_detection: { readonly timestamp: string; readonly reason: Reason } | null;
}

/** A device of a lake that keeps detections has both. */
export type ReportedDevice = DeviceReport & Partial<Detected>;

/**
 * The same devices with what is told of them; as they are where the lake keeps no detections. `since` is a time of readings, milliseconds
 * since the epoch. Throws what reading the table of detections throws, and `input_invalid` for mutes that cannot be read.
 */
export async function withDetections(
  storage: LakeStorage,
  devices: readonly DeviceReport[],
  since: number | undefined,
): Promise<readonly ReportedDevice[]> {
  if (!(await hasTable(storage, DETECTIONS))) return devices;
  const { readDetections } = await import("../tables/detections/read.ts");
  const kept = await readDetections(storage, { since });
  const mutes = await readMutes(storage);
  const told = new Map<string, Detected>();
  for (const { device, time, reason } of kept?.rows ?? []) {
    if (muteOf(mutes, device, time) !== null) continue;
    const { detections } = told.get(device) ?? NONE;
    const timestamp = new Date(time).toISOString();
    told.set(device, { detections: detections + 1, last_detection: { timestamp, reason } });
  }
  return devices.map((one) => ({ ...one, ...(told.get(one.device_id) ?? NONE) }));
}

const NONE: Detected = { detections: 0, last_detection: null };

/** How many there are, and why the newest one is, as a table shows it. */
export function detectedCells({ detections = 0, last_detection: last = null }: ReportedDevice): (string | number)[] {
  return [detections, last === null ? "" : REASON_TEXTS[last.reason]];
}

/** The same for a spreadsheet. */
export function detectedFields({ detections, last_detection: last }: ReportedDevice) {
  return { detections, last_detection: last?.timestamp, last_reason: last?.reason };
}
