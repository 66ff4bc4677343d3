import { PARTITION } from "../days/day.ts";
import { type Action, type Add, commitInfoOf, type Remove } from "../delta/actions.ts";
import { commit, commitTime, engineOf } from "../delta/commit.ts";
import { readCommit, readSnapshot, snapshotBehind } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import type { TableColumns } from "./columns.ts";
import { attemptOf, packAttempt, packSync, type SyncedBatch, unpackSync } from "./commit-info.ts";
import { READINGS } from "./layout.ts";
import { recoverReceipts } from "./recover.ts";
import type { SyncContext } from "./sync-types.ts";

/** What is done to the table in one commit. */
export interface Changes {
  /** As readers show it in the history. Of `OPTIMIZE` the rows that come are those that go. */
  readonly operation: "WRITE" | "OPTIMIZE" | "DELETE";
  readonly batches: readonly SyncedBatch[];
  /** Batches of which no rows are left. */
  readonly gone: readonly string[];
  readonly removes: readonly Remove[];
  readonly adds: readonly Add[];
  readonly columns: Pick<TableColumns, "added" | "schema">;
  /** Properties of the table that are others from now on. */
  readonly properties?: Readonly<Record<string, string>>;
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
    if ((await commit(storage, READINGS, version, actions)) === "committed")
      return snapshotBehind(READINGS, base, actions);
    const newer = await readSnapshot(storage, READINGS);
    if (newer === null || newer.metadata.id !== base.metadata.id) return "raced";
    for (let one = version; one <= newer.version; one++) {
      const theirs = await readCommit(storage, READINGS, one);
      // The answer to our own attempt was lost, and the store was asked again.
      if (attemptOf(commitInfoOf(theirs)) === attempt) return newer;
      if (collide(theirs, changes)) return "raced";
    }
    await recoverReceipts(context, newer);
    base = newer;
  }
}

/** Whether another's commit has changed what these changes begin from. */
function collide(theirs: readonly Action[], { operation, batches, gone, removes }: Changes): boolean {
  const ours = new Set([...batches.map(({ path }) => path), ...gone]);
  const paths = new Set(removes.map(({ path }) => path));
  const info = unpackSync(commitInfoOf(theirs));
  if (info !== null && [...info.synced.map(({ path }) => path), ...info.gone].some((path) => ours.has(path)))
    return true;
  // Columns that came meanwhile are null in files of rows that were there before.
  const needsColumns = operation === "WRITE";
  return theirs.some(
    ({ metaData, protocol, remove }) =>
      (needsColumns && metaData !== undefined) ||
      protocol !== undefined ||
      (remove !== undefined && paths.has(remove.path)),
  );
}

function actionsOf(context: SyncContext, changes: Changes, base: Snapshot, attempt: string): Action[] {
  const { operation, batches, gone, removes, adds, columns, properties } = changes;
  const timestamp = commitTime(context.now(), base.committed);
  const rows = batches.reduce((sum, one) => sum + one.rows, 0);
  const writes = { mode: "Append", partitionBy: JSON.stringify([PARTITION]) };
  const commitInfo = {
    timestamp,
    operation,
    operationParameters: operation === "WRITE" ? writes : {},
    isBlindAppend: operation === "WRITE" && removes.length === 0,
    operationMetrics: metricsOf(changes, rows),
    engineInfo: engineOf(context),
    ...(operation === "WRITE" ? packSync({ attempt, synced: batches, gone }) : packAttempt(attempt)),
  };
  const { metadata } = base;
  const schemaString = columns.added.length > 0 ? columns.schema() : metadata.schemaString;
  const metaData = { ...metadata, schemaString, configuration: { ...metadata.configuration, ...properties } };
  return [
    { commitInfo },
    ...(columns.added.length > 0 || properties !== undefined ? [{ metaData }] : []),
    // Which versions need a file is told by when it was removed: that is now, and not when its rows were read.
    ...removes.map((remove) => ({ remove: { ...remove, deletionTimestamp: timestamp } })),
    ...adds.map((add) => ({ add })),
  ];
}

/** Texts under the names that Spark has for each operation. */
function metricsOf({ operation, removes, adds }: Changes, rows: number): Record<string, string> {
  if (operation === "OPTIMIZE") {
    const bytes = (files: readonly { readonly size?: number | null }[]) =>
      String(files.reduce((sum, { size }) => sum + (size ?? 0), 0));
    const [numRemovedBytes, numAddedBytes] = [bytes(removes), bytes(adds)];
    return {
      ...{ numRemovedFiles: String(removes.length), numRemovedBytes },
      ...{ numAddedFiles: String(adds.length), numAddedBytes },
    };
  }
  const removed = { numRemovedFiles: String(removes.length) };
  return operation === "DELETE" ? removed : { numFiles: String(adds.length), numOutputRows: String(rows), ...removed };
}
