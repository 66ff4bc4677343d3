/** Slots of times, in UTC. */
export const DAY_SLOT_MS = 30 * 60 * 1000;
export const WEEK_SLOT_MS = 2 * 60 * 60 * 1000;

/** Which of `slots` of `length` milliseconds, that come again and again since 1970, a time is in. */
export function slotOf(time: number, length: number, slots: number): number {
  const slot = Math.floor(time / length) % slots;
  return slot < 0 ? slot + slots : slot;
}
