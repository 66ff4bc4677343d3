import { mapBounded } from "../../bounded.ts";
import { hasCode } from "../../errors.ts";
import { readText } from "../../storage/objects.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { type Action, commitInfoOf, damagedTable, parseActions } from "./actions.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { commitKey, logPrefix } from "./names.ts";
import { findSegment, type Segment } from "./segment.ts";
import { Replay, type Snapshot } from "./state.ts";

/** A commit names 10,000 batches in some 3 MB; a foreign one may remove as many files as a table has. */
const MAX_COMMIT_BYTES = 256 * 1024 * 1024;
/** Commits read at once. */
const CONCURRENCY = 16;

/**
 * Reads the newest version; null where there is no log. Throws `table_damaged` for a log with a gap or what cannot be read,
 * and `table_unsupported` for a protocol that is newer than what is understood.
 */
export async function readSnapshot(storage: LakeStorage, table: string): Promise<Snapshot | null> {
  const segment = await findSegment(storage, table);
  if (segment === null) return null;
  try {
    return await replay(storage, table, segment);
  } catch (error) {
    // A checkpoint that is cut off costs nothing while the commits that it stands for are there.
    if (!hasCode(error, "table_damaged", "not_found") || segment.checkpoint === null) throw error;
    const older = await findSegment(storage, table, segment.checkpoint.version).catch(() => null);
    if (older === null || older.version !== segment.version) throw error;
    return replay(storage, table, older);
  }
}

/** The table that these files of its log make. Throws as {@link readSnapshot}, and `not_found` for a file that is gone. */
export async function replay(storage: LakeStorage, table: string, segment: Segment): Promise<Snapshot> {
  const { version, checkpoint, commits } = segment;
  const replayed = new Replay(table);
  for (const part of checkpoint?.parts ?? []) replayed.apply(await readCheckpoint(storage, part));
  const read = await mapBounded(commits, CONCURRENCY, (one) => readCommit(storage, table, one));
  let committed = 0;
  for (const actions of read) {
    replayed.apply(actions);
    committed = Math.max(committed, commitInfoOf(actions).timestamp ?? 0);
  }
  const state = replayed.state();
  if (state === null) throw damagedTable(logPrefix(table), "it says nothing of the table's protocol and schema");
  return { ...state, table, version, checkpointed: checkpoint?.version ?? -1, committed };
}

/** The table with a commit more, as reading it would give it; null is no table yet. */
export function snapshotBehind(table: string, base: Snapshot | null, actions: readonly Action[]): Snapshot {
  const replayed = new Replay(table, base ?? undefined);
  replayed.apply(actions);
  const state = replayed.state();
  if (state === null) throw new Error("a table has a protocol and a schema");
  const committed = commitInfoOf(actions).timestamp ?? base?.committed ?? 0;
  return { ...state, table, version: (base?.version ?? -1) + 1, checkpointed: base?.checkpointed ?? -1, committed };
}

/** The actions of one commit. Throws `not_found` and `table_damaged`. */
export async function readCommit(storage: LakeStorage, table: string, version: number): Promise<Action[]> {
  const key = commitKey(table, version);
  return parseActions(await readText(storage, key, MAX_COMMIT_BYTES), key);
}

/** The commits of these versions, in their order, without those that the log does not have any more. */
export async function readCommits(
  storage: LakeStorage,
  table: string,
  versions: readonly number[],
): Promise<{ readonly version: number; readonly actions: Action[] }[]> {
  const read = await mapBounded(versions, CONCURRENCY, async (version) => {
    try {
      return [{ version, actions: await readCommit(storage, table, version) }];
    } catch (error) {
      if (hasCode(error, "not_found")) return [];
      throw error;
    }
  });
  return read.flat();
}
