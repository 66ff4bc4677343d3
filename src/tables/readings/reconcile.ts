import { SILVER } from "../../ledger/layers.ts";
import { openTableFile } from "../days/table-file.ts";
import type { Snapshot } from "../delta/state.ts";
import { READINGS } from "./layout.ts";
import { fileLost, listReceiptPaths, type TableRun } from "./receipts.ts";

/**
 * Gives batches that the table has rows of, and the function no receipt, one that says just that: which version of them it
 * is, nobody knows any more. So receipts that were lost never make a batch new, whose rows would then be in the table twice.
 * Reads the column `batch` of every file, for the table alone knows. Throws `table_damaged`.
 */
export async function reconcile(run: TableRun, snapshot: Snapshot): Promise<void> {
  const { storage } = run;
  const inTable = new Set<string>();
  for (const [path, add] of snapshot.files) {
    const file = await openTableFile(storage, READINGS, path, add);
    for (const group of file.groups) {
      const batches = await file.read("batch", group);
      for (let i = 0; i < batches.length; i++) {
        const { [i]: batch } = batches;
        if (typeof batch === "string") inTable.add(batch);
      }
    }
  }
  for (const path of await listReceiptPaths(storage)) inTable.delete(path);
  await fileLost(
    run,
    { table: snapshot.metadata.id, version: snapshot.version },
    [...inTable].map((path) => `${SILVER}${path}`),
  );
}
