import { hasCode } from "../../errors.ts";
import { writeJson } from "../../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { DAY_MS } from "../../time.ts";
import { topology } from "../../topology.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../parquet/checkpoint-file.ts";
import type { Action } from "./actions.ts";
import { checkpointKey, lastCheckpointKey } from "./names.ts";
import type { Snapshot } from "./state.ts";

/** Commits from one checkpoint to the next: 2,000 commits take readers 2 to 13 s without one. */
const COMMITS_PER_CHECKPOINT = 20;

/** A file that is gone from the table stays named for so long: the vacuum learns from it what readers of older versions need. */
const REMOVED_MS = topology.tables.readings.versionDays * DAY_MS;

/** Whether a checkpoint's worth of versions ends between these two: what is to be done now and then is done then. */
export function isTurnOf(before: number, version: number): boolean {
  const turn = (of: number) => Math.floor(of / COMMITS_PER_CHECKPOINT);
  return turn(before) !== turn(version);
}

/** Writes a checkpoint of a version that has enough commits behind the last one. */
export async function checkpointInTurn(storage: LakeStorage, snapshot: Snapshot, now: number): Promise<void> {
  const { version, checkpointed } = snapshot;
  if (version - checkpointed >= COMMITS_PER_CHECKPOINT) await writeCheckpoint(storage, snapshot, now);
}

/**
 * Writes what the log comes to as of a version. `_last_checkpoint` is away meanwhile and put back last: a pointer to a checkpoint that
 * is not there stops delta-rs, polars and Trino. Killed at any moment, the log is as good as before.
 */
export async function writeCheckpoint(storage: LakeStorage, snapshot: Snapshot, now: number): Promise<void> {
  const { table, version } = snapshot;
  const actions = actionsOf(snapshot, now);
  const key = checkpointKey(table, version);
  await storage.remove(lastCheckpointKey(table));
  const writer = await storage.create(key);
  try {
    await writer.write(encodeCheckpoint(actions));
    await writer.commit({ ifToken: null });
  } catch (error) {
    // Another writer's says the same.
    if (!hasCode(error, "conflict")) throw error;
  } finally {
    await writer.abort();
  }
  await writeJson(storage, lastCheckpointKey(table), { version, size: actions.length });
}

/** The actions that a table is, with the files that are gone for less than a week. */
function actionsOf({ protocol, metadata, files, removed, txns }: Snapshot, now: number): Action[] {
  const recent = [...removed.values()].filter(({ deletionTimestamp }) => (deletionTimestamp ?? 0) > now - REMOVED_MS);
  return [
    { protocol },
    { metaData: metadata },
    ...[...txns.values()].map((txn) => ({ txn })),
    ...[...files.values()].map((add) => ({ add: { ...add, dataChange: false } })),
    ...recent.map((remove) => ({ remove: { ...remove, dataChange: false } })),
  ];
}

/** The actions of a checkpoint, or of one of its parts. Throws `table_damaged` and `not_found`. */
export async function readCheckpoint(storage: LakeStorage, { key, size }: ObjectInfo): Promise<Action[]> {
  return decodeCheckpoint(storage, key, size);
}
