import { mapBounded } from "../../bounded.ts";
import { listReceipts, readReceipt } from "../../ledger/receipts.ts";
import { writeJson } from "../../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../../storage/port.ts";
import { DAY_MS } from "../../time.ts";
import { retentionDaysOf, topology } from "../../topology.ts";
import { hasTable } from "../delta/log.ts";
import { READINGS } from "./layout.ts";
import { isInTable, listTableBatches, TABLES_FUNCTION } from "./work.ts";

/** Receipts looked at at once. */
const CONCURRENCY = 16;

/** Whether somebody has ever made the table: a lake without one owes it nothing. */
export async function hasReadings(storage: LakeStorage): Promise<boolean> {
  return hasTable(storage, READINGS);
}

/** Keys of silver, and of its anomalies, that the table has not taken in as they are: nothing where there is no table. */
export async function listNotInTable(storage: LakeStorage): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  if (!(await hasReadings(storage))) return keys;
  for await (const batch of listTableBatches(storage, () => {})) {
    if (batch.silver === null || isInTable(batch)) continue;
    keys.add(batch.silver.key);
    if (batch.anomalies !== null) keys.add(batch.anomalies.key);
  }
  return keys;
}

/**
 * To be called before silver is removed ahead of its time, as `expire --now` does: a sync takes silver that is gone too soon for taken
 * away, and its rows with it. So its receipts say that it is as old as what has expired.
 */
export async function keepRowsOf(storage: LakeStorage, silver: readonly ObjectInfo[], clock: number): Promise<void> {
  const oldest = clock - retentionDaysOf(topology.layers.silver) * DAY_MS;
  const early = silver.filter(({ modified }) => modified > oldest);
  await mapBounded(early, CONCURRENCY, async ({ key }) => {
    for (const { key: receiptKey } of await listReceipts(storage, TABLES_FUNCTION, key)) {
      const receipt = await readReceipt(storage, receiptKey);
      if (receipt === null || receipt.outcome !== "done") continue;
      const source = { ...receipt.source, modified: new Date(0).toISOString() };
      await writeJson(storage, receiptKey, { ...receipt, source });
    }
  });
}
