import { PARTITION } from "../days/day.ts";
import type { CommitInfo, Metadata } from "../delta/actions.ts";
import { commit, engineOf } from "../delta/commit.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { PROTOCOL } from "../delta/state.ts";
import { TableColumns } from "./columns.ts";
import { READINGS } from "./layout.ts";
import { removeVoid, type TableRun, writeProgress } from "./receipts.ts";

/**
 * Makes the table where there is none: version 0, without a row. Receipts of a table that was there before go first, for they say of
 * batches that they are in it. Whoever comes second finds the table of the first.
 */
export async function createTable(run: TableRun & { readonly newId: () => string }): Promise<Snapshot> {
  const { storage, now, newId } = run;
  await removeVoid(storage, null);
  const createdTime = Math.trunc(now());
  const metadata: Metadata = {
    id: newId(),
    name: "readings",
    format: { provider: "parquet", options: {} },
    schemaString: new TableColumns(null).schema(),
    partitionColumns: [PARTITION],
    configuration: {},
    createdTime,
  };
  const commitInfo: CommitInfo = {
    timestamp: createdTime,
    operation: "CREATE TABLE",
    operationParameters: { partitionBy: JSON.stringify([PARTITION]) },
    isBlindAppend: true,
    engineInfo: engineOf(run),
  };
  const made = await commit(storage, READINGS, 0, [{ commitInfo }, { protocol: PROTOCOL }, { metaData: metadata }]);
  const snapshot = await readSnapshot(storage, READINGS);
  if (snapshot === null) throw new Error("a table that was made is there");
  if (made === "committed") await writeProgress(storage, { table: metadata.id, version: 0 }, 0);
  return snapshot;
}
