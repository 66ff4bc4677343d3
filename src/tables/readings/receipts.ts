import { mapBounded } from "../../bounded.ts";
import { ANOMALIES, SILVER } from "../../ledger/layers.ts";
import { functionFolder, receiptKey, receiptName } from "../../ledger/names.ts";
import { type Fault, type Receipt, readReceipt } from "../../ledger/receipts.ts";
import { draftJson, readStoredJson, removeSame, writeJson } from "../../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { topology } from "../../topology.ts";
import type { SyncedBatch } from "./commit-info.ts";
import { TABLES_FUNCTION, type TableBatch, versionOf } from "./work.ts";

/** Receipts written at once. */
const CONCURRENCY = 16;
/** How far the receipts have come, see {@link TableVersion}. */
const PROGRESS = `${topology.layers.state.prefix}tables/readings.json`;

/**
 * Up to which version of which table every sync has all of its receipts. Behind that some may be missing: a sync was killed, or a
 * backup has copied the log later than them. A version that the table does not have any more tells of one that was put back, so that
 * receipts say of batches that they are in it which are not.
 */
export interface TableVersion {
  readonly table: string;
  readonly version: number;
}

/** The same, as it is kept: with how many batches had a receipt. Where there are fewer, some were lost. */
export interface KeptVersion extends TableVersion {
  readonly batches: number;
}

export async function readProgress(storage: LakeStorage): Promise<KeptVersion | null> {
  const { table, version, batches } = ((await readStoredJson(storage, PROGRESS)) ?? {}) as Partial<KeptVersion>;
  const isWhole = typeof table === "string" && Number.isSafeInteger(version) && Number.isSafeInteger(batches);
  return isWhole ? ({ table, version, batches } as KeptVersion) : null;
}

/**
 * Whether receipts know of a version of the table, or of another table, that is not there: an older state of it was put back, or commits
 * are gone; null for no table at all. The next sync has the receipts right.
 */
export async function wasPutBack(storage: LakeStorage, table: TableVersion | null): Promise<boolean> {
  const progress = await readProgress(storage);
  return progress !== null && (progress.table !== table?.table || progress.version > table.version);
}

export async function writeProgress(
  storage: LakeStorage,
  { table, version }: TableVersion,
  batches: number,
): Promise<void> {
  await writeJson(storage, PROGRESS, { table, version, batches });
}

/** Has the next sync hold all receipts against the table. */
export async function forgetProgress(storage: LakeStorage): Promise<void> {
  await storage.remove(PROGRESS);
}

/** The token of no version: tokens of stores are longer. */
const LOST = "lost";

/** What a run of the function is, as its receipts have it. */
export interface TableRun {
  readonly storage: LakeStorage;
  /** The version of vantageflow. */
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A receipt to be written, under the name of its batch's version, and those that it comes instead of. */
interface ToFile {
  readonly version: string;
  readonly receipt: Receipt;
  readonly older: readonly ObjectInfo[];
}

/** Says of batches that their rows came into the table with a version of it. Durable when it returns. */
export async function fileSynced(
  run: TableRun,
  table: TableVersion,
  batches: readonly { readonly batch: SyncedBatch; readonly older: readonly ObjectInfo[] }[],
): Promise<void> {
  const started = run.now();
  await fileAll(
    run.storage,
    batches.map(({ batch, older }) => ({
      version: batch.version,
      older,
      receipt: doneReceipt(run, table, batch, started),
    })),
  );
}

/** Says of a batch that it is refused: none of its rows are in the table. */
export async function fileRefused(run: TableRun, batch: TableBatch, silver: ObjectInfo, error: Fault): Promise<void> {
  const { key, token, size, modified } = silver;
  const source = { key, token, size, sha256: null, modified: new Date(modified).toISOString() };
  const receipt = { ...common(run, run.now()), source, outcome: "refused", error } as const;
  await fileAll(run.storage, [{ version: versionOf(silver, batch.anomalies), receipt, older: batch.receipts }]);
}

/** Says of batches, by their keys in silver, that the table has rows of them, and nobody knows which. */
export async function fileLost(
  run: TableRun,
  { table, version }: TableVersion,
  keys: readonly string[],
): Promise<void> {
  // As if it had been put there long ago: what nobody knows of is kept, as what has expired.
  const unknown = { token: LOST, size: 0, sha256: null, modified: new Date(0).toISOString() };
  const part = { id: table, version, rows: 0, sibling: null };
  const receiptOf = (key: string) =>
    ({ ...common(run, run.now()), source: { key, ...unknown }, outcome: "done", error: null, table: part }) as const;
  await fileAll(
    run.storage,
    keys.map((key) => ({ version: LOST, receipt: receiptOf(key), older: [] })),
  );
}

function doneReceipt(run: TableRun, { table, version }: TableVersion, batch: SyncedBatch, started: number): Receipt {
  const { path, token, size, sha256, rows, sibling } = batch;
  const source = { key: `${SILVER}${path}`, token, size, sha256, modified: new Date(batch.modified).toISOString() };
  const read = sibling === null ? null : { key: `${ANOMALIES}${path}`, ...sibling };
  return {
    ...common(run, started),
    source,
    outcome: "done",
    error: null,
    table: { id: table, version, rows, sibling: read },
  };
}

function common({ code, now }: TableRun, started: number) {
  const duration = Math.round(now() - started);
  const times = { attempts: 1, started: new Date(started).toISOString(), duration_ms: duration };
  return { version: 2, function: TABLES_FUNCTION, code, ...times, outputs: [] } as const;
}

async function fileAll(storage: LakeStorage, all: readonly ToFile[]): Promise<void> {
  const keys = await mapBounded(all, CONCURRENCY, async ({ version, receipt }) => {
    const key = receiptKey(TABLES_FUNCTION, receipt.source.key, version);
    const writer = await draftJson(storage, key, receipt);
    try {
      await writer.commit({ deferred: true });
    } finally {
      await writer.abort();
    }
    return key;
  });
  if (keys.length > 0) await storage.flush(keys);
  const written = new Set(keys);
  await mapBounded(all, CONCURRENCY, async ({ older }) => {
    for (const one of older) if (!written.has(one.key)) await removeSame(storage, one);
  });
}

/** Forgets batches that are not in the table any more. */
export async function removeReceiptsOf(storage: LakeStorage, receipts: readonly ObjectInfo[]): Promise<void> {
  await mapBounded(receipts, CONCURRENCY, (receipt) => removeSame(storage, receipt));
}

/** The paths of batches that have receipts. */
export async function listReceiptPaths(storage: LakeStorage): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  for await (const { key } of storage.list(functionFolder(TABLES_FUNCTION), { keysOnly: true })) {
    const path = receiptName(key)?.path;
    if (path !== undefined) paths.add(path);
  }
  return paths;
}

/** The receipts of a batch that can be read: at most one, but for a run that was killed. */
export async function readReceiptsAt(storage: LakeStorage, receipts: readonly ObjectInfo[]): Promise<Receipt[]> {
  const found: Receipt[] = [];
  for (const { key } of receipts) {
    const receipt = await readReceipt(storage, key);
    if (receipt !== null) found.push(receipt);
  }
  return found;
}

/** Removes all receipts of the function that are not of this table or name a version that it does not have; all, without one. */
export async function removeVoid(storage: LakeStorage, table: TableVersion | null): Promise<void> {
  const all: ObjectInfo[] = [];
  for await (const object of storage.list(functionFolder(TABLES_FUNCTION))) all.push(object);
  await mapBounded(all, CONCURRENCY, async (object) => {
    const receipt = table === null ? null : await readReceipt(storage, object.key);
    const part = receipt?.table;
    if (part !== undefined && part.id === table?.table && part.version <= table.version) return;
    await removeSame(storage, object);
  });
}
