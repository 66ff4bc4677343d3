import type { Action, Add, Remove } from "../delta/actions.ts";
import { commit } from "../delta/commit.ts";
import { commitInfoOf, readCommit, readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import type { TableColumns } from "./columns.ts";
import { packSync, type SyncedBatch, unpackSync } from "./commit-info.ts";
import { engineOf } from "./create.ts";
import { PARTITION, READINGS } from "./layout.ts";
import { recoverReceipts } from "./recover.ts";
import type { SyncContext } from "./sync-types.ts";

/** What a sync does to the table. */
export interface Changes {
  readonly batches: readonly SyncedBatch[];
  /** Batches of which no rows are left. */
  readonly gone: readonly string[];
  readonly removes: readonly Remove[];
  readonly adds: readonly Add[];
  readonly columns: TableColumns;
}

/**
 * Commits to the version behind the snapshot, or, where other writers have made that, to the one behind theirs: as long as they have
 * touched no file and no batch that this touches, and left the columns as they are. Else "raced". The files are written
 * already; only the small commit is made anew.
 */
export async function commitSync(
  context: SyncContext,
  snapshot: Snapshot,
  changes: Changes,
): Promise<Snapshot | "raced"> {
  const { storage, newId } = context;
  const attempt = newId();
  for (let base = snapshot; ; ) {
    const version = base.version + 1;
    const actions = actionsOf(context, changes, base, attempt);
    if ((await commit(storage, READINGS, version, actions)) === "committed") return behind(base, actions);
    const newer = await readSnapshot(storage, READINGS);
    if (newer === null || newer.metadata.id !== base.metadata.id) return "raced";
    for (let one = version; one <= newer.version; one++) {
      const theirs = await readCommit(storage, READINGS, one);
      // The answer to our own attempt was lost, and the store was asked again.
      if (unpackSync(commitInfoOf(theirs))?.attempt === attempt) return newer;
      if (collide(theirs, changes)) return "raced";
    }
    await recoverReceipts(context, newer);
    base = newer;
  }
}

/** Whether another's commit has changed what these changes begin from. */
function collide(theirs: readonly Action[], { batches, gone, removes }: Changes): boolean {
  const ours = new Set([...batches.map(({ path }) => path), ...gone]);
  const paths = new Set(removes.map(({ path }) => path));
  const info = unpackSync(commitInfoOf(theirs));
  if (info !== null && [...info.synced.map(({ path }) => path), ...info.gone].some((path) => ours.has(path)))
    return true;
  return theirs.some(
    ({ metaData, protocol, remove }) =>
      metaData !== undefined || protocol !== undefined || (remove !== undefined && paths.has(remove.path)),
  );
}

function actionsOf(context: SyncContext, changes: Changes, base: Snapshot, attempt: string): Action[] {
  const { batches, gone, removes, adds, columns } = changes;
  const rows = batches.reduce((sum, one) => sum + one.rows, 0);
  const commitInfo = {
    // Trino travels in time by it: it rises with the versions, whatever clocks say.
    timestamp: Math.max(Math.trunc(context.now()), base.committed + 1),
    operation: "WRITE",
    operationParameters: { mode: "Append", partitionBy: JSON.stringify([PARTITION]) },
    isBlindAppend: removes.length === 0,
    // Texts, as Spark writes them.
    operationMetrics: {
      numFiles: String(adds.length),
      numOutputRows: String(rows),
      numRemovedFiles: String(removes.length),
    },
    engineInfo: engineOf(context),
    ...packSync({ attempt, synced: batches, gone }),
  };
  const metaData = { ...base.metadata, schemaString: columns.schema() };
  return [
    { commitInfo },
    ...(columns.added.length > 0 ? [{ metaData }] : []),
    ...removes.map((remove) => ({ remove })),
    ...adds.map((add) => ({ add })),
  ];
}

/** The table with a commit more, as reading it would give it. */
function behind(base: Snapshot, actions: readonly Action[]): Snapshot {
  const [files, removed] = [new Map(base.files), new Map(base.removed)];
  let { metadata } = base;
  for (const { metaData, add, remove } of actions) {
    if (metaData !== undefined) metadata = metaData;
    if (add !== undefined) files.set(decodeURIComponent(add.path), add);
    if (remove === undefined) continue;
    files.delete(decodeURIComponent(remove.path));
    removed.set(decodeURIComponent(remove.path), remove);
  }
  const committed = commitInfoOf(actions).timestamp ?? base.committed;
  return { ...base, version: base.version + 1, metadata, files, removed, committed };
}
