import { randomUUID } from "node:crypto";
import { hasCode, VantageflowError } from "../../errors.ts";
import { readJsonAndToken, writeJson } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { topology } from "../../topology.ts";

/** What people have said of detections, kept in the lake: away from the table and its checkpoints, which anybody can make again. */
const MUTES = `${topology.layers.state.prefix}muted-detections.json`;
/** Others may say something at the same moment. */
const MAX_RACES = 20;
/** Each is some 300 bytes, and whoever shows detections reads all of them. */
const MAX_MUTES = 2000;

/**
 * Detections of a device that nobody is to be told of, for somebody knows why they are: all of a time, or one that is thereby
 * acknowledged. They stay in the table.
 */
export interface Mute {
  readonly id: string;
  readonly device: string;
  /** The first and last time of readings that it is of, milliseconds since the epoch; null for all that come. */
  readonly from: number;
  readonly to: number | null;
  readonly why: string;
  readonly who: string;
  /** When it was said, milliseconds since the epoch. */
  readonly said: number;
}

/** Whether a detection is muted, and by what: the mute that was said last. */
export function muteOf(mutes: readonly Mute[], device: string, time: number): Mute | null {
  return (
    mutes.findLast((one) => one.device === device && time >= one.from && (one.to === null || time <= one.to)) ?? null
  );
}

/** All that were said and not taken back, in the order in which they were. Throws `input_invalid` for what is no such record. */
export async function readMutes(storage: LakeStorage): Promise<readonly Mute[]> {
  return (await readRecord(storage)).mutes;
}

/** Keeps a mute and returns it. Throws `usage` where there are too many, and `conflict` after twenty lost races. */
export function addMute(storage: LakeStorage, said: Omit<Mute, "id">): Promise<Mute> {
  const mute = { id: randomUUID().slice(0, 8), ...said };
  return change(storage, (mutes) => {
    if (mutes.length < MAX_MUTES) return { mutes: [...mutes, mute], result: mute };
    const why = `there are ${MAX_MUTES.toLocaleString("en-US")} already. Take some back: vantageflow detect unmute ID`;
    throw new VantageflowError("usage", `Cannot mute "${said.device}": ${why}.`);
  });
}

/** Takes back the one with this id, or all of a device, and returns them. */
export function removeMutes(storage: LakeStorage, idOrDevice: string): Promise<readonly Mute[]> {
  const isMeant = ({ id, device }: Mute) => id === idOrDevice || device === idOrDevice;
  return change(storage, (mutes) => ({
    mutes: mutes.filter((one) => !isMeant(one)),
    result: mutes.filter(isMeant),
  }));
}

async function change<T>(
  storage: LakeStorage,
  make: (mutes: readonly Mute[]) => { readonly mutes: readonly Mute[]; readonly result: T },
): Promise<T> {
  for (let races = 0; ; races++) {
    const { mutes: before, token } = await readRecord(storage);
    const { mutes, result } = make(before);
    try {
      if (mutes.length !== before.length) await writeJson(storage, MUTES, { version: 1, mutes }, { ifToken: token });
      return result;
    } catch (error) {
      if (!hasCode(error, "conflict") || races === MAX_RACES) throw error;
    }
  }
}

async function readRecord(storage: LakeStorage): Promise<{ mutes: readonly Mute[]; token: string | null }> {
  const read = await readJsonAndToken(storage, MUTES);
  if (read === null) return { mutes: [], token: null };
  const { version, mutes } = (read.value ?? {}) as { readonly version?: unknown; readonly mutes?: unknown };
  if (version === 1 && Array.isArray(mutes) && mutes.every(isMute)) return { mutes, token: read.token };
  const why = "it is no record of mutes. Put it back from a backup, or remove it: then nothing is muted";
  throw new VantageflowError("input_invalid", `Cannot read "${MUTES}": ${why}.`, { key: MUTES });
}

function isMute(value: unknown): value is Mute {
  if (typeof value !== "object" || value === null) return false;
  const { id, device, from, to, why, who, said } = value as Record<string, unknown>;
  return (
    [id, device, why, who].every((one) => typeof one === "string") &&
    [from, said, ...(to === null ? [] : [to])].every((one) => typeof one === "number" && Number.isFinite(one))
  );
}
