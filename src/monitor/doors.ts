import { type DoorState, SILENT_MS } from "../streams/door-state.ts";
import type { DoorOverview } from "./overview.ts";
import { spanOf } from "./span.ts";

/** What came in is in bronze after a minute, unless the lake does not take it. Seconds. */
const LATE_SECONDS = 300;

/** What a door that said this is now: `now` in milliseconds. */
export function doorOverview({ version: _, ...door }: DoorState, now: number): DoorOverview {
  const age = (now - Date.parse(door.time)) / 1000;
  const isDown = age * 1000 > SILENT_MS || !door.connected;
  const waits = door.pending.oldest_seconds === null ? 0 : door.pending.oldest_seconds + age;
  const isLate = Math.max(waits, door.lag_seconds ?? 0) > LATE_SECONDS;
  return { ...door, state: isDown ? "down" : isLate ? "late" : "up" };
}

/** What is wrong with a door that is not up, in a sentence. */
export function doorProblem(
  { door, place, state, time, connected, pending, lag_seconds: lag }: DoorOverview,
  now: number,
): string {
  const age = spanOf(Math.max(0, now - Date.parse(time)) / 1000);
  if (state === "down" && connected) return `the door ${door} (${place}) has said nothing for ${age}`;
  if (state === "down") return `the door ${door} has no connection to ${place}`;
  if ((lag ?? 0) > LATE_SECONDS) return `the door ${door} is ${spanOf(lag ?? 0)} behind ${place}`;
  return `${pending.readings} ${pending.readings === 1 ? "reading" : "readings"} of the door ${door} wait for the lake`;
}
