import { compareKeys } from "../../storage/keys.ts";
import { readStatistics } from "../delta/statistics.ts";
import type { Span, TableFile } from "./units.ts";

/** What a file says of its readings; null for what it says nothing of, or nothing that is understood. */
export interface Bounds {
  /** By the first and last device in the order of UTF-8. */
  readonly devices: readonly [first: string, last: string] | null;
  readonly times: Span | null;
}

/** Every doubt keeps a file: a bound that is not there, or is no text or time. */
export function boundsOf({ add }: TableFile): Bounds {
  const { minValues, maxValues } = readStatistics(add);
  const [first, last] = [minValues.device_id, maxValues.device_id];
  const [from, to] = [timeIn(minValues.timestamp), timeIn(maxValues.timestamp)];
  return {
    devices: typeof first === "string" && typeof last === "string" ? [first, last] : null,
    // Many writers cut a maximum to its millisecond.
    times: from === null || to === null ? null : [from, to + 1],
  };
}

/** Whether a file may hold readings of this device (null: any) and time. */
export function mightHold({ devices, times }: Bounds, device: string | null, [first, last]: Span): boolean {
  if (times !== null && (times[1] < first || times[0] > last)) return false;
  if (device === null || devices === null) return true;
  return compareKeys(devices[0], device) <= 0 && compareKeys(device, devices[1]) <= 0;
}

function timeIn(text: unknown): number | null {
  const ms = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
