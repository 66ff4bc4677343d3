import { AT, type DeviceState, RECENT } from "./state.ts";

/** Of the first readings, so many at either end count as the next one: a glitch may be among them. */
const TRIMMED = 3;

/** Whether a device's first readings are not all there yet, after keeping one of them. */
export function isGathering({ numbers }: DeviceState): boolean {
  return numbers[AT.readings] === 0 && numbers[AT.gathered] < RECENT;
}

/**
 * Keeps one of a device's first readings. They are learned from together: has `take` take all of them, without what one glitch would
 * have made of them, once the last one is there.
 */
export function gather(
  state: DeviceState,
  time: number,
  value: number,
  take: (time: number, value: number) => void,
): void {
  const { numbers, recent, times } = state;
  const at = numbers[AT.gathered]++;
  numbers[AT.time] = time;
  recent[at] = value;
  times[at] = time;
  if (at < RECENT - 1) return;
  const sorted = recent.toSorted();
  const [lowest, highest] = [sorted[TRIMMED], sorted[RECENT - 1 - TRIMMED]];
  const trimmed = recent.map((one) => Math.min(Math.max(one, lowest), highest));
  for (let i = 0; i < RECENT; i++) take(times[i], trimmed[i]);
}
