import { randomBytes } from "node:crypto";
import { messageOf } from "../../errors.ts";
import { ownerName, ownerOf } from "../../storage/local/owner.ts";
import type { LakeStorage } from "../../storage/port.ts";
import {
  type DoorState,
  removeDeadDoors,
  removeDoorState,
  SILENT_MS,
  writeDoorState,
} from "../../streams/door-state.ts";
import type { OpenDoor } from "./door.ts";

const TROUBLED_MS = 3_600_000;
const MAX_MESSAGE = 500;

interface Kept {
  readonly door: OpenDoor;
  readings: number;
  connected: boolean;
  newest: DoorState | null;
  writing: Promise<void>;
}

/** Keeps in the lake what each door does, for `status` and the dashboard to see. */
export interface DoorStates {
  /** Something did not work at a door; it is told with it for an hour. */
  tell(door: string, error: unknown): void;
  /** Ends it. Doors that were closed and have brought in all they had are not to be seen any more; others are, as what they are: down. */
  close(areDone: boolean): Promise<void>;
}

const placeText = (place: string) => place.slice(0, MAX_MESSAGE);

/**
 * Writes the state of each door at once, then every `everyMs`, and when it has lost its connection or has it again. A lake that does not take
 * it is no trouble of the door: it is written the next time.
 */
export function keepDoorStates(
  storage: LakeStorage,
  doors: readonly OpenDoor[],
  now: () => number,
  everyMs: number,
): DoorStates {
  const id = `${new Date(now()).toISOString().replace(/\.\d+|[-:]/g, "")}-${randomBytes(4).toString("hex")}`;
  const owner = ownerName(ownerOf());
  const started = new Date(now()).toISOString();
  const all = doors.map(
    (door): Kept => ({ door, readings: 0, connected: true, newest: null, writing: Promise.resolve() }),
  );
  const troubles = new Map<string, NonNullable<DoorState["trouble"]>>();
  let last = now();

  function stateOf({ door, readings: before }: Kept, seconds: number): DoorState {
    const look = door.look();
    const trouble = troubles.get(door.listening.door) ?? null;
    const isOld = trouble !== null && now() - Date.parse(trouble.time) > TROUBLED_MS;
    return {
      ...{
        version: 1,
        door: door.listening.door,
        id,
        owner,
        place: placeText(door.place),
        started,
        time: new Date(now()).toISOString(),
      },
      ...look,
      readings_per_second: seconds > 0 ? Math.round((10 * (look.readings - before)) / seconds) / 10 : 0,
      trouble: isOld ? null : trouble,
    };
  }

  function write(kept: Kept, seconds: number): void {
    const state = stateOf(kept, seconds);
    kept.readings = state.readings;
    kept.connected = state.connected;
    // A lake that is slow gets the newest when it has taken the one before.
    kept.newest = state;
    kept.writing = kept.writing
      .then(async () => {
        if (kept.newest === state) await writeDoorState(storage, state);
      })
      .catch(() => {});
  }

  const writeAll = () => {
    const seconds = (now() - last) / 1000;
    last = now();
    for (const kept of all) write(kept, seconds);
  };
  const opened = doors.map(({ listening, place }) => ({ door: listening.door, place: placeText(place) }));
  const forgetDead = () => void removeDeadDoors(storage, opened, now()).catch(() => {});
  forgetDead();
  // Those that died just before this start are known to be dead by then.
  const later = setTimeout(forgetDead, SILENT_MS + everyMs);
  writeAll();
  const regularly = setInterval(writeAll, everyMs);
  const watching = setInterval(
    () => {
      if (all.some(({ door, connected }) => door.look().connected !== connected)) writeAll();
    },
    Math.min(1000, everyMs),
  );

  return {
    tell(door, error) {
      troubles.set(door, { time: new Date(now()).toISOString(), message: messageOf(error).slice(0, MAX_MESSAGE) });
    },
    async close(areDone) {
      clearInterval(regularly);
      clearInterval(watching);
      clearTimeout(later);
      for (const { door, writing } of areDone ? all : []) {
        await writing;
        await removeDoorState(storage, { door: door.listening.door, id }).catch(() => {});
      }
    },
  };
}
