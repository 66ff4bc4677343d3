import { logPrefix } from "../delta/names.ts";
import { READINGS } from "./layout.ts";
import { removeVoid, type TableRun } from "./receipts.ts";
import { listTableBatches } from "./work.ts";

/**
 * Takes a table away for good, whatever state it is in, so that the next sync makes it anew: first its log, with which nobody
 * sees it any more, then its files and the receipts. Returns the batches that were in it and that silver does not have any more, as far
 * as receipts say: their rows are gone.
 */
export async function dropReadings(run: TableRun): Promise<string[]> {
  const { storage } = run;
  const lost: string[] = [];
  for await (const { path, silver } of listTableBatches(storage, () => {})) if (silver === null) lost.push(path);
  for (const prefix of [logPrefix(READINGS), READINGS]) {
    const keys: string[] = [];
    for await (const { key } of storage.list(prefix)) keys.push(key);
    // The newest commit first: killed in between, the log is that of an older version, and receipts of this one are void.
    for (const key of keys.reverse()) await storage.remove(key);
  }
  await removeVoid(storage, null);
  return lost;
}
