import { hasCode, isDataFault, messageOf } from "../../errors.ts";
import type { Fault } from "../../ledger/receipts.ts";
import type { Snapshot } from "../delta/state.ts";
import { ahead } from "./ahead.ts";
import { TableColumns } from "./columns.ts";
import type { SyncedBatch } from "./commit-info.ts";
import { commitSync } from "./commit-sync.ts";
import { NewFiles } from "./new-files.ts";
import { type SyncPlan, sameAsBefore } from "./plan.ts";
import { type OpenBatch, openBatch, readBatch } from "./read-batch.ts";
import {
  fileRefused,
  fileSynced,
  readReceiptsAt,
  removeReceiptsOf,
  type TableVersion,
  writeProgress,
} from "./receipts.ts";
import { yieldToLater } from "./recover.ts";
import type { AttemptResult, Left, SyncContext, SyncOptions } from "./sync-types.ts";
import { takeOut } from "./take-out.ts";
import { type TableBatch, versionOf } from "./work.ts";

/** Batches that are opened ahead of their turn. */
const AHEAD = 16;

/** A batch as it was read, and the receipts that its new one comes instead of. */
interface Filed {
  readonly batch: SyncedBatch;
  readonly older: TableBatch["receipts"];
}

/** What becomes of the batches of a plan. */
interface Taken {
  readonly synced: Filed[];
  /** With the version of the table that has their rows. */
  readonly renewed: (Filed & { readonly version: number })[];
  readonly refused: { readonly listed: TableBatch; readonly error: Fault }[];
  readonly waiting: Left[];
}

/** The batches that an attempt could not read to their end, and why, by the version that it read. */
export type Unreadable = Map<string, { readonly version: string; readonly error: unknown }>;

/** Some rows of a batch that cannot be read to its end are in files already. */
class SpoiledFiles extends Error {}

/** Does what is planned in one commit; "raced" where another writer has done some of it meanwhile, and "spoiled" where a batch of
 * more rows than a buffer turned out to be none, which `unreadable` has then: in both cases nothing is to be seen of this, and the next attempt
 * does it. */
export async function attemptSync(
  context: SyncContext,
  snapshot: Snapshot,
  plan: SyncPlan,
  options: SyncOptions,
  unreadable: Unreadable,
): Promise<AttemptResult | "raced" | "spoiled"> {
  const { storage } = context;
  const files = new NewFiles(storage, new TableColumns(snapshot.metadata), context.newId, context.encoder);
  try {
    const taken = await take(context, snapshot, plan, files, options, unreadable);
    const hadRows = new Set([
      ...taken.synced.filter(({ older }) => older.length > 0).map(({ batch }) => batch.path),
      ...taken.refused.filter(({ listed }) => listed.receipts.length > 0).map(({ listed }) => listed.path),
      ...plan.gone.map(({ path }) => path),
    ]);
    const out = await takeOut(storage, snapshot, hadRows, files);
    const written = await files.finish();
    const gone = [...hadRows].filter((path) => !taken.synced.some(({ batch }) => batch.path === path));
    const batches = taken.synced.map(({ batch }) => batch);
    const changes = {
      operation: "WRITE" as const,
      batches,
      gone,
      removes: out.removes,
      adds: written.map(({ add }) => add),
      columns: files.columns,
    };
    const isEmpty = changes.removes.length + changes.adds.length === 0;
    const committed = isEmpty ? snapshot : await commitSync(context, snapshot, changes);
    if (committed === "raced") {
      await files.discard();
      return "raced";
    }
    const table = { table: committed.metadata.id, version: committed.version };
    await file(context, table, taken, plan);
    const added = [...taken.synced.map(({ older }) => older), ...taken.refused.map(({ listed }) => listed.receipts)];
    const known = plan.known + added.filter(({ length }) => length === 0).length - plan.gone.length;
    await writeProgress(storage, table, known);
    return {
      snapshot: isEmpty ? null : committed,
      batches: batches.length,
      rows: batches.reduce((sum, { rows }) => sum + rows, 0),
      replaced: taken.synced.filter(({ older }) => older.length > 0).length,
      gone: gone.length,
      removed: out.rows,
      renewed: taken.renewed.length,
      files: written.length,
      bytes: written.reduce((sum, { add }) => sum + add.size, 0),
      columns: isEmpty ? [] : files.columns.added,
      refused: taken.refused.map(({ listed, error }) => ({ path: listed.path, message: error.message })),
      waiting: taken.waiting,
    };
  } catch (error) {
    // What cannot be removed now is left to the vacuum, as what a killed run leaves.
    await files.discard().catch(() => {});
    if (error instanceof SpoiledFiles) return "spoiled";
    throw error;
  }
}

/** Reads the batches into files. */
async function take(
  context: SyncContext,
  snapshot: Snapshot,
  plan: SyncPlan,
  files: NewFiles,
  { stopped = () => false, onBatch = () => {} }: SyncOptions,
  unreadable: Unreadable,
): Promise<Taken> {
  const taken: Taken = { synced: [], renewed: [], refused: [], waiting: [] };
  const table = { table: snapshot.metadata.id, version: snapshot.version };
  const begin = async (listed: TableBatch) => {
    const known = listed.receipts.length === 0 ? [] : await readReceiptsAt(context.storage, listed.receipts);
    return (await sameAsBefore(context.storage, listed, known, table)) ?? openBatch(context.storage, listed);
  };
  const close = async (begun: Awaited<ReturnType<typeof begin>>) => ("close" in begun ? begun.close() : undefined);
  let rows = 0;
  for await (const one of ahead(plan.batches, AHEAD, begin, close)) {
    const { item: listed } = one;
    try {
      if ("error" in one) throw one.error;
      const before = unreadable.get(listed.path);
      if (before?.version === versionOf(listed.silver!, listed.anomalies)) {
        if ("close" in one.result) await one.result.close();
        throw before.error;
      }
      const { result } = one;
      if ("close" in result) {
        const batch = await readOpen(context, result, files, unreadable);
        taken.synced.push({ batch, older: listed.receipts });
        rows += batch.rows;
      } else taken.renewed.push({ ...result, older: listed.receipts });
      onBatch(listed.path, rows);
    } catch (error) {
      if (!isOfTheBatch(error)) throw error;
      if (isDataFault(error)) taken.refused.push({ listed, error: faultOf(error) });
      else taken.waiting.push(leftOf(listed.path, error));
    }
    if (stopped()) break;
  }
  return taken;
}

/** Whether others can be read all the same: it is refused, or will be another. */
function isOfTheBatch(error: unknown): boolean {
  return isDataFault(error) || hasCode(error, "sibling_pending", "superseded", "not_found");
}

/** Throws data faults, and then none of its rows are in the files. Throws {@link SpoiledFiles}. */
async function readOpen(
  { settings }: SyncContext,
  open: OpenBatch,
  files: NewFiles,
  unreadable: Unreadable,
): Promise<SyncedBatch> {
  const [written, size] = [files.rows, files.buffer().size];
  try {
    return await readBatch(open, settings, files);
  } catch (error) {
    if (files.rows > written && isOfTheBatch(error)) {
      const { path, silver, anomalies } = open.batch;
      unreadable.set(path, { version: versionOf(silver!, anomalies), error });
      throw new SpoiledFiles(path);
    }
    files.buffer().cutTo(size);
    throw error;
  } finally {
    await open.close();
  }
}

/** Writes all receipts, and takes back those that a faster writer has made untrue meanwhile. */
async function file(context: SyncContext, table: TableVersion, taken: Taken, plan: SyncPlan): Promise<void> {
  await fileSynced(context, table, taken.synced);
  for (const one of taken.renewed) await fileSynced(context, { ...table, version: one.version }, [one]);
  for (const { listed, error } of taken.refused) await fileRefused(context, listed, listed.silver!, error);
  await removeReceiptsOf(
    context.storage,
    plan.gone.flatMap(({ receipts }) => receipts),
  );
  await yieldToLater(
    context,
    table,
    taken.synced.map(({ batch }) => batch),
  );
}

function faultOf(error: unknown): Fault {
  const { code, line = null, column = null } = error as { code: Fault["code"]; line?: number; column?: string };
  return { code, message: messageOf(error), line, column };
}

/** What is said of a batch that could not be read now. */
function leftOf(path: string, error: unknown): Left {
  const message = hasCode(error, "not_found") ? "it was removed meanwhile" : messageOf(error);
  return { path, message };
}
