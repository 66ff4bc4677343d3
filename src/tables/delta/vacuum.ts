import { hasCode } from "../../errors.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { DAY_MS } from "../../time.ts";
import { topology } from "../../topology.ts";
import { commitInfoOf } from "./actions.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { type Logged, listLog } from "./log.ts";
import { readCommit } from "./snapshot.ts";
import type { Snapshot } from "./state.ts";

/** An object that no reader of a version that is kept needs. */
export interface Garbage {
  readonly object: ObjectInfo;
  /** Rows that no such version has, or what no commit ever named; a version that is too old to be read. */
  readonly kind: "data" | "log";
}

export interface ExpireTimes {
  /** As of which rows are past their time. */
  readonly now: number;
  /** The clock's time: whoever reads an older version, or writes a file, does it now, whatever time somebody has asked for. */
  readonly clock: number;
}

/** From when on versions of tables are kept, milliseconds since the epoch. */
export function cutoffOf({ now, clock }: ExpireTimes): number {
  return Math.min(now, clock) - topology.tables.readings.versionDays * DAY_MS;
}

/**
 * What can be removed of a table so that every version still reads that was the newest at `cutoff` (milliseconds since the epoch) or
 * later: data files that went before it, those that no commit names and that were put there before it, as a killed writer's, and the log
 * behind a whole checkpoint of a version before it. Hidden names (`_`, `.`) and what is no Parquet are somebody else's.
 */
export async function planVacuum(storage: LakeStorage, snapshot: Snapshot, cutoff: number): Promise<Garbage[]> {
  const garbage: Garbage[] = [];
  for await (const object of storage.list(snapshot.table)) {
    const path = object.key.slice(snapshot.table.length);
    const isHidden = path.split("/").some((part) => part.startsWith("_") || part.startsWith("."));
    if (isHidden || !path.endsWith(".parquet") || isNeeded(snapshot, path, cutoff)) continue;
    // Of an attempt that goes on, or a commit that was made behind this snapshot.
    if (object.modified <= cutoff) garbage.push({ object, kind: "data" });
  }
  for (const object of await oldLog(storage, snapshot, cutoff)) garbage.push({ object, kind: "log" });
  return garbage;
}

/** Whether a version that is kept has this file. */
function isNeeded({ files, removed }: Snapshot, path: string, cutoff: number): boolean {
  const gone = removed.get(path);
  return files.has(path) || (gone !== undefined && (gone.deletionTimestamp ?? 0) > cutoff);
}

/**
 * The log before the newest checkpoint from which the version at `cutoff` can still be read, the oldest first. The checkpoint is read
 * once more: with the commits before it goes all that could stand in for it.
 */
async function oldLog(storage: LakeStorage, { table, version }: Snapshot, cutoff: number): Promise<ObjectInfo[]> {
  const found: Logged[] = [];
  for await (const one of listLog(storage, table)) found.push(one);
  const atCutoff = await versionAt(storage, table, found, cutoff);
  const whole = found
    .filter(({ file }) => file.kind === "checkpoint" && file.parts === 1 && file.version <= Math.min(atCutoff, version))
    .reverse();
  for (const { file, object } of whole) {
    try {
      await readCheckpoint(storage, object);
    } catch (error) {
      if (hasCode(error, "table_damaged", "not_found")) continue;
      throw error;
    }
    return found.filter((one) => one.file.version < file.version).map((one) => one.object);
  }
  return [];
}

/**
 * The newest version that was made by then, as readers tell it: some by the time of its object, some by what it says itself. -1 where
 * there is none.
 */
async function versionAt(
  storage: LakeStorage,
  table: string,
  found: readonly Logged[],
  cutoff: number,
): Promise<number> {
  const versions = found.filter(({ file }) => file.kind === "commit").map(({ file }) => file.version);
  const late = found.filter(({ file, object }) => file.kind === "commit" && object.modified > cutoff);
  const before = Math.min(...late.map(({ file }) => file.version), Number.POSITIVE_INFINITY);
  const early = versions.filter((version) => version < before).reverse();
  for (const version of early) {
    const { timestamp } = commitInfoOf(await readCommit(storage, table, version));
    if (timestamp === undefined || timestamp <= cutoff) return version;
  }
  return -1;
}

/** Removes what was planned, but for what a commit has named again meanwhile. Returns what is gone. Never the newest log. */
export async function removeGarbage(
  storage: LakeStorage,
  garbage: readonly Garbage[],
  readAgain: () => Promise<Snapshot | null>,
  { stopped = () => false }: { readonly stopped?: () => boolean } = {},
): Promise<Garbage[]> {
  const done: Garbage[] = [];
  if (garbage.length === 0) return done;
  const snapshot = await readAgain();
  for (const one of garbage) {
    if (stopped()) break;
    const path = one.object.key.slice(snapshot?.table.length ?? 0);
    if (snapshot === null || snapshot.files.has(path)) continue;
    await storage.remove(one.object.key);
    done.push(one);
  }
  return done;
}
