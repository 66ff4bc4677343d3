import { hasCode } from "../errors.ts";
import { isDead, parseOwnerName } from "../storage/local/owner.ts";
import { readStoredJson, writeJson } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { DAY_MS } from "../time.ts";
import { topology } from "../topology.ts";

const FOLDER = `${topology.layers.state.prefix}streams/doors/`;
/** Doors are looked at until then: what was not heard of for longer is no more. */
const KEPT_MS = 7 * DAY_MS;
/** A door that has said nothing for so long has died: it says something once a minute at least. */
export const SILENT_MS = 180_000;
const MAX_DOORS = 20;
const MAX_TEXT = 1000;

/** What comes through a door, as it is now. */
export interface DoorLook {
  /** Whether it has what it takes readings from; one that listens always has. */
  readonly connected: boolean;
  /** Readings that were taken since it was opened. */
  readonly readings: number;
  /** What is durable here and not in bronze yet, and for how long the oldest of it has been: seconds, null where there is none. */
  readonly pending: { readonly readings: number; readonly bytes: number; readonly oldest_seconds: number | null };
  /** How old the newest record is that was read, as the stream itself tells; null for a door that cannot know. */
  readonly lag_seconds: number | null;
}

/** The same as it is kept in the lake, where `status` finds it. Times are ISO 8601, UTC. */
export interface DoorState extends DoorLook {
  readonly version: 1;
  /** `http`, `mqtt`, `kinesis`; and which of several. */
  readonly door: string;
  readonly id: string;
  /** The process, as `storage/local/owner.ts` names it: on this machine it is known at once whether it is gone. */
  readonly owner?: string;
  /** Where it takes readings from: `POST http://127.0.0.1:4280/v1/readings`. */
  readonly place: string;
  readonly started: string;
  /** When this was so. */
  readonly time: string;
  readonly readings_per_second: number;
  /** What did not work last, and when; null where all did, for an hour. */
  readonly trouble: { readonly time: string; readonly message: string } | null;
}

function doorKey({ door, id }: Pick<DoorState, "door" | "id">): string {
  return `${FOLDER}${door}/${id}.json`;
}

export function writeDoorState(storage: LakeStorage, state: DoorState): Promise<unknown> {
  return writeJson(storage, doorKey(state), state);
}

export function removeDoorState(storage: LakeStorage, state: Pick<DoorState, "door" | "id">): Promise<unknown> {
  return storage.remove(doorKey(state));
}

/**
 * The doors of a lake that said something within a week, the newest twenty, by name. What is no state of one is passed over, and where none
 * can be read there are none: nothing else is worse for it.
 */
export async function readDoorStates(storage: LakeStorage, now: number): Promise<readonly DoorState[]> {
  const found: { readonly key: string; readonly modified: number }[] = [];
  try {
    for await (const { key, modified } of storage.list(FOLDER)) {
      if (now - modified < KEPT_MS) found.push({ key, modified });
    }
  } catch (error) {
    if (!hasCode(error, "storage_failed")) throw error;
  }
  found.sort((a, b) => b.modified - a.modified);
  const states: DoorState[] = [];
  for (const { key } of found.slice(0, MAX_DOORS)) {
    try {
      const state = await readStoredJson(storage, key);
      if (isDoorState(state) && doorKey(state) === key) states.push(state);
    } catch (error) {
      // Its door was closed meanwhile, or another program has written it.
      if (!hasCode(error, "not_found", "input_invalid")) throw error;
    }
  }
  return states.sort((a, b) => (doorKey(a) < doorKey(b) ? -1 : 1));
}

/** Whether a door is no more: its process is gone, as far as can be seen from here, or has said nothing for long. */
export function hasDied({ time, owner }: DoorState, now: number): boolean {
  const process = owner === undefined ? null : parseOwnerName(owner);
  return now - Date.parse(time) > SILENT_MS || (process !== null && isDead(process));
}

type OpenedDoor = Pick<DoorState, "door" | "place">;

/** Over HTTP whoever sends finds the new one; of a broker or a stream each door takes something else. */
function isSameDoor(one: OpenedDoor, other: OpenedDoor): boolean {
  return one.door === other.door && (one.door === "http" || one.place === other.place);
}

/** Removes what doors of these names have left that are no more: those that were opened again stand for them. */
export async function removeDeadDoors(storage: LakeStorage, doors: readonly OpenedDoor[], now: number): Promise<void> {
  for (const state of await readDoorStates(storage, now)) {
    if (doors.some((one) => isSameDoor(one, state)) && hasDied(state, now)) await removeDoorState(storage, state);
  }
}

function isDoorState(value: unknown): value is DoorState {
  const {
    version,
    door,
    id,
    owner = "",
    place,
    started,
    time,
    connected,
    pending,
    trouble,
    ...counts
  } = (value ?? {}) as Partial<DoorState>;
  const isText = (one: unknown) => typeof one === "string" && one.length <= MAX_TEXT;
  const isTime = (one: unknown) => isText(one) && !Number.isNaN(Date.parse(one as string));
  const isCount = (one: unknown) => typeof one === "number" && one >= 0;
  const isCountOrNull = (one: unknown) => one === null || isCount(one);
  return (
    version === 1 &&
    [door, id, owner, place].every(isText) &&
    [started, time].every(isTime) &&
    typeof connected === "boolean" &&
    [counts.readings, counts.readings_per_second, pending?.readings, pending?.bytes].every(isCount) &&
    [counts.lag_seconds, pending?.oldest_seconds].every(isCountOrNull) &&
    (trouble === null || (isText(trouble?.message) && isTime(trouble?.time)))
  );
}
