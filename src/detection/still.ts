import { AT, type DeviceState, LEARNED_READINGS, RECENT } from "./state.ts";

/** Longer than ever by a little is what chance brings: what is told is so many times as long. */
const LONGER = 2;
/** A device that reports at even intervals may miss so many readings. */
const MISSED = 6;
/** A device is one that changes when it has changed so often. */
const CHANGES = 20;

/**
 * Whether the value of a device has been the same for twice as long as ever before, and for as long as its range is looked at. Not of
 * one whose normal is constant, and not where something has been told of it meanwhile.
 */
export function isStuckIn(numbers: Float64Array): boolean {
  const run = numbers[AT.run];
  if (run < RECENT || run <= LONGER * numbers[AT.longestRun] || numbers[AT.changes] < CHANGES) return false;
  return numbers[AT.alarm] === 0 || numbers[AT.readings] - numbers[AT.alarm] >= run;
}

/** How long a device has been known, by its readings and its interval. Milliseconds. */
export function knownFor(numbers: Float64Array): number {
  return numbers[AT.readings] * numbers[AT.interval] * 1000;
}

/**
 * From when on it is unusual that a device has not reported, by its own readings: after twice the longest time that it ever was silent, and
 * six of its intervals. Milliseconds since the epoch; infinity of a device that has not shown what is usual.
 *
 * A device that is silent now is one for which the newest reading of any device is later.
 */
export function silentFrom({ numbers }: DeviceState): number {
  if (numbers[AT.readings] < LEARNED_READINGS) return Number.POSITIVE_INFINITY;
  return numbers[AT.time] + Math.max(LONGER * numbers[AT.longestGap], MISSED * numbers[AT.interval] * 1000, 1);
}
