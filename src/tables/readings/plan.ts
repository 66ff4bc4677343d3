import { ANOMALIES, SILVER } from "../../ledger/layers.ts";
import { holds } from "../../ledger/lineage.ts";
import { type Receipt, readReceipt } from "../../ledger/receipts.ts";
import type { LakeStorage, OnSkipped } from "../../storage/port.ts";
import { DAY_MS } from "../../time.ts";
import { retentionDaysOf, topology } from "../../topology.ts";
import type { SyncedBatch } from "./commit-info.ts";
import type { TableVersion } from "./receipts.ts";
import { isInTable, listTableBatches, type TableBatch, versionOf } from "./work.ts";

/** Batches that one commit takes: what it names stays within some 3 MB. */
const MAX_BATCHES = 10_000;

/** What there is to do, of so many batches as one commit takes. */
export interface SyncPlan {
  /** In silver, and not in the table as they are now; in the order of their paths. */
  readonly batches: readonly TableBatch[];
  /** Whose silver is gone, not by its retention: their rows go, too. */
  readonly gone: readonly TableBatch[];
  /** There is more. */
  readonly isCut: boolean;
  /** How many batches have a receipt. */
  readonly known: number;
}

/** Compares listings; of an object nothing is read, but receipts of batches whose silver is gone. */
export async function planSync(
  storage: LakeStorage,
  now: number,
  onSkipped: OnSkipped,
  leave: ReadonlySet<string> = new Set(),
): Promise<SyncPlan> {
  const batches: TableBatch[] = [];
  const gone: TableBatch[] = [];
  let [known, isCut] = [0, false];
  for await (const batch of listTableBatches(storage, onSkipped)) {
    if (batch.receipts.length > 0) known++;
    if (isCut || leave.has(batch.path) || isInTable(batch)) continue;
    if (batch.silver === null && (await isExpired(storage, batch, now))) continue;
    isCut = batches.length + gone.length === MAX_BATCHES;
    if (!isCut) (batch.silver === null ? gone : batches).push(batch);
  }
  return { batches, gone, isCut, known };
}

/**
 * Whether silver is gone because its time had come: then its rows stay. A receipt is younger than its silver, so that one
 * which is as old as the retention need not be read.
 */
async function isExpired(storage: LakeStorage, { receipts }: TableBatch, now: number): Promise<boolean> {
  const oldest = now - retentionDaysOf(topology.layers.silver) * DAY_MS;
  for (const { key, modified } of receipts) {
    if (modified <= oldest) return true;
    const receipt = await readReceipt(storage, key);
    if (receipt !== null && Date.parse(receipt.source.modified ?? receipt.started) <= oldest) return true;
  }
  return false;
}

/**
 * The batch as the table has it already, where only tokens are others, as in a copied lake or after all was made again: by the newest
 * of its receipts, for that says what is in the table. Null where it has other rows.
 */
export async function sameAsBefore(
  storage: LakeStorage,
  { path, silver, anomalies }: TableBatch,
  receipts: readonly Receipt[],
  { table }: TableVersion,
): Promise<{ readonly batch: SyncedBatch; readonly version: number } | null> {
  const [newest] = receipts
    .filter((one) => one.table?.id === table)
    .sort((a, b) => b.table!.version - a.table!.version);
  const part = newest?.table;
  if (part === undefined || silver === null || newest.source.sha256 === null) return null;
  const { size, sha256 } = newest.source;
  const { sibling } = part;
  if (!(await holds(storage, { key: `${SILVER}${path}`, size, sha256 }))) return null;
  if (anomalies !== null && (sibling === null || !(await holds(storage, { ...sibling, key: `${ANOMALIES}${path}` }))))
    return null;
  const { token, modified } = silver;
  const now = { path, version: versionOf(silver, anomalies), token, size, sha256, modified };
  return { batch: { ...now, sibling, rows: part.rows }, version: part.version };
}
