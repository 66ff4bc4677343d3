import { removeTable } from "../delta/remove.ts";
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
  await removeTable(storage, READINGS);
  await removeVoid(storage, null);
  return lost;
}
