import { mapBounded } from "../../bounded.ts";
import { SILVER } from "../../ledger/layers.ts";
import { receiptKey } from "../../ledger/names.ts";
import { listReceipts, readReceipt } from "../../ledger/receipts.ts";
import { removeSame } from "../../storage/objects.ts";
import { commitInfoOf } from "../delta/actions.ts";
import { commitKey } from "../delta/names.ts";
import { readCommits, readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { type SyncedBatch, type SyncInfo, unpackSync } from "./commit-info.ts";
import { READINGS } from "./layout.ts";
import { fileSynced, readProgress, removeVoid, type TableRun, type TableVersion, writeProgress } from "./receipts.ts";
import { reconcile } from "./reconcile.ts";
import { TABLES_FUNCTION } from "./work.ts";

/** Batches looked at at once. */
const CONCURRENCY = 16;

/**
 * Has the receipts say what the table has: writes those that a sync was killed before, and removes all that a table which was put
 * back to an older version, or is another one, knows nothing of. To be called before a version is made, so that nobody
 * ever comes behind a sync whose batches look as if they were not in the table.
 */
export async function recoverReceipts(run: TableRun, snapshot: Snapshot): Promise<void> {
  const { storage } = run;
  const table = tableOf(snapshot);
  const progress = await readProgress(storage);
  const isOfTable = progress?.table === table.table && progress.version <= table.version;
  if (isOfTable && progress.version === table.version) return;
  if (!isOfTable) await removeVoid(storage, table);
  const since = isOfTable ? progress.version : -1;
  for (const { version, info } of await syncsSince(run, snapshot, since))
    await finishSync(run, { ...table, version }, info);
  if (!isOfTable) await reconcile(run, snapshot);
  await writeProgress(storage, table, isOfTable ? progress.batches : 0);
}

/**
 * Finds out whether receipts were lost, of those that the last sync knew of (somebody removed them, or they expired), and gives batches
 * in the table new ones. `batches` have one now. Returns whether anything was done.
 */
export async function replaceLost(run: TableRun, snapshot: Snapshot, batches: number): Promise<boolean> {
  const { storage } = run;
  const progress = await readProgress(storage);
  if (progress === null || progress.batches === batches) return false;
  if (progress.batches < batches) {
    // Of a sync that was ended for another, or of receipts that were just replaced: from now on these are known, too.
    await writeProgress(storage, progress, batches);
    return false;
  }
  await reconcile(run, snapshot);
  await writeProgress(storage, tableOf(snapshot), 0);
  return true;
}

/**
 * Has the receipts right again of batches that later versions have replaced or taken out while this slow writer was writing its own
 * over theirs.
 */
export async function yieldToLater(
  run: TableRun,
  { version }: TableVersion,
  batches: readonly SyncedBatch[],
): Promise<void> {
  const { storage } = run;
  if ((await storage.head(commitKey(READINGS, version + 1))) === null) return;
  const snapshot = await readSnapshot(storage, READINGS);
  const ours = new Set(batches.map(({ path }) => path));
  for (const later of snapshot === null ? [] : await syncsSince(run, snapshot, version)) {
    const synced = later.info.synced.filter(({ path }) => ours.has(path));
    const gone = later.info.gone.filter((path) => ours.has(path));
    await finishSync(run, { ...tableOf(snapshot!), version: later.version }, { ...later.info, synced, gone });
  }
}

function tableOf({ metadata, version }: Snapshot): TableVersion {
  return { table: metadata.id, version };
}

/**
 * Batches of which receipts may still say what an older version had: a sync that named them is at work on these, or was killed. Null
 * where nothing is known of receipts, as of a table that was put back.
 */
export async function unsettledBatches(
  run: Pick<TableRun, "storage">,
  snapshot: Snapshot,
): Promise<ReadonlySet<string> | null> {
  const progress = await readProgress(run.storage);
  if (progress === null || progress.table !== snapshot.metadata.id || progress.version > snapshot.version) return null;
  const later = await syncsSince(run, snapshot, progress.version);
  return new Set(later.flatMap(({ info }) => [...info.synced.map(({ path }) => path), ...info.gone]));
}

/** The syncs behind a version, the earliest first. What the log does not have any more was done long ago. */
async function syncsSince({ storage }: Pick<TableRun, "storage">, { version: newest }: Snapshot, since: number) {
  const versions: number[] = [];
  for (let one = newest; one > since; one--) versions.push(one);
  const commits = await readCommits(storage, READINGS, versions.reverse());
  return commits.flatMap(({ version, actions }) => {
    const info = unpackSync(commitInfoOf(actions));
    return info === null ? [] : [{ version, info }];
  });
}

/** Writes what receipts of a sync are missing, and removes those that it was to remove; those of later syncs stand. */
async function finishSync(run: TableRun, table: TableVersion, { synced, gone }: SyncInfo): Promise<void> {
  const { storage } = run;
  const missing = await mapBounded(synced, CONCURRENCY, async (batch) => {
    const found = await receiptsOf(run, batch.path);
    if (found.some(({ version }) => version > table.version)) return [];
    const own = receiptKey(TABLES_FUNCTION, `${SILVER}${batch.path}`, batch.version);
    const [first] = found;
    if (found.length === 1 && first.object.key === own && first.version === table.version) return [];
    return [{ batch, older: found.map(({ object }) => object) }];
  });
  await fileSynced(run, table, missing.flat());
  await mapBounded(gone, CONCURRENCY, async (path) => {
    for (const { object, version } of await receiptsOf(run, path)) {
      if (version <= table.version) await removeSame(storage, object);
    }
  });
}

/** The receipts of a batch, and the version of the table that each names; -1 of one that names none. */
async function receiptsOf({ storage }: TableRun, path: string) {
  const found = await listReceipts(storage, TABLES_FUNCTION, `${SILVER}${path}`);
  const read = await Promise.all(found.map(({ key }) => readReceipt(storage, key)));
  return found.map((object, i) => ({ object, version: read[i]?.table?.version ?? -1 }));
}
