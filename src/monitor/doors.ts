import { type DoorState, hasDied, SILENT_MS } from "../streams/door-state.ts";
import type { LeftBehind } from "../streams/left-segments.ts";
import type { DoorOverview, HealthReason } from "./overview.ts";
import { spanOf } from "./span.ts";

/** What came in is in bronze after a minute, unless the lake does not take it. Seconds. */
const LATE_SECONDS = 300;

/** What a door that said this is now: `now` in milliseconds. */
export function doorOverview(state: DoorState, now: number): DoorOverview {
  const { version: _, owner: __, ...door } = state;
  const age = (now - Date.parse(door.time)) / 1000;
  const isDown = hasDied(state, now) || !door.connected;
  const waits = door.pending.oldest_seconds === null ? 0 : door.pending.oldest_seconds + age;
  const isLate = Math.max(waits, door.lag_seconds ?? 0) > LATE_SECONDS;
  return { ...door, state: isDown ? "down" : isLate ? "late" : "up" };
}

/** Readings that do not come in are lost where their senders keep none; those that came in and wait are not. */
export function doorReasons(doors: readonly DoorOverview[], state: "down" | "late", now: number): HealthReason[] {
  const [code, verdict, next] =
    state === "down"
      ? (["door_down", "unhealthy", "vantageflow listen --help"] as const)
      : (["door_late", "degraded", "vantageflow status --json"] as const);
  const ofState = doors.filter((door) => door.state === state);
  return ofState.map((door) => ({ code, verdict, message: doorProblem(door, now), next }));
}

/** What is wrong with a door that is not up, in a sentence. */
function doorProblem({ door, place, state, time, connected, pending, lag_seconds: lag }: DoorOverview, now: number) {
  const age = Math.max(0, now - Date.parse(time));
  if (state === "down" && connected && age <= SILENT_MS) return `the process of the door ${door} (${place}) is gone`;
  if (state === "down" && connected) return `the door ${door} (${place}) has said nothing for ${spanOf(age / 1000)}`;
  if (state === "down") return `the door ${door} has no connection to ${place}`;
  if ((lag ?? 0) > LATE_SECONDS) return `the door ${door} is ${spanOf(lag ?? 0)} behind ${place}`;
  return `${countText(pending.readings)} of the door ${door} wait for the lake`;
}

/** What a listen that is gone has acknowledged waits until there is one again. */
export function leftReasons(left: readonly LeftBehind[]): HealthReason[] {
  return left.map(({ source, readings }) => {
    const [was, it] = readings === 1 ? ["was", "it"] : ["were", "them"];
    const message = `${countText(readings)} by ${source} ${was} acknowledged and not brought into bronze, and nobody listens; this brings ${it} there`;
    return { code: "readings_left", verdict: "degraded", message, next: "vantageflow listen --http 4280" };
  });
}

function countText(readings: number): string {
  return `${readings} ${readings === 1 ? "reading" : "readings"}`;
}
