import { mapBounded } from "../../bounded.ts";
import { hasCode, messageOf } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import type { Add } from "../delta/actions.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { readStatistics } from "../delta/statistics.ts";
import { openParquet } from "../parquet/read.ts";

/** Files looked at at once. */
const CONCURRENCY = 8;

/** What is not as the log or a receipt says. */
export interface TableFinding {
  readonly key: string;
  readonly state: "missing" | "changed";
  readonly why: string;
}

export interface VerifiedTable {
  /** Null where the log itself cannot be read. */
  readonly version: number | null;
  readonly files: number;
  readonly rows: number;
  readonly findings: readonly TableFinding[];
  /** False where it was stopped before its end. */
  readonly complete: boolean;
}

/** Is given the values of a column of a row group. */
type TakeValues = (column: string, values: ArrayLike<unknown>) => void;

/**
 * Holds a table against its log: each file is there in its size, can be read in all of its columns, and has as many rows as the log says.
 * Null where there is no table, and without a snapshot where its log cannot be read. Changes nothing.
 */
export async function verifyFiles(
  storage: LakeStorage,
  table: string,
  stopped: () => boolean,
  take: TakeValues = () => {},
): Promise<(VerifiedTable & { readonly snapshot: Snapshot | null }) | null> {
  let snapshot: Snapshot | null;
  try {
    snapshot = await readSnapshot(storage, table);
  } catch (error) {
    if (!hasCode(error, "table_damaged", "table_unsupported")) throw error;
    const { key = table } = error as { key?: string };
    const findings = [{ key, state: "changed" as const, why: messageOf(error) }];
    return { snapshot: null, version: null, files: 0, rows: 0, findings, complete: true };
  }
  if (snapshot === null) return null;
  const { version, files } = snapshot;
  let rows = 0;
  const found = await mapBounded([...files], CONCURRENCY, async ([path, add]) => {
    if (stopped()) return [];
    const looked = await lookAt(storage, `${table}${path}`, add, take);
    rows += looked.rows;
    return looked.findings;
  });
  return { snapshot, version, files: files.size, rows, findings: found.flat(), complete: !stopped() };
}

/** What is wrong with a file, and how many rows it has where nothing is. */
async function lookAt(storage: LakeStorage, key: string, add: Add, take: TakeValues) {
  const wrong = (state: TableFinding["state"], why: string) => ({ findings: [{ key, state, why }], rows: 0 });
  const missing = () => wrong("missing", "the log of the table names it");
  const head = await storage.head(key);
  if (head === null) return missing();
  if (head.size !== add.size) return wrong("changed", `it has ${head.size} bytes, and the log says ${add.size}`);
  try {
    const file = await openParquet(storage, key, add.size);
    const said = readStatistics(add).numRecords;
    if (said !== null && said !== file.rows)
      return wrong("changed", `it has ${file.rows} rows, and the log says ${said}`);
    for (const group of file.groups) for (const column of file.columns) take(column, await file.read(column, group));
    return { findings: [], rows: file.rows };
  } catch (error) {
    if (hasCode(error, "not_found")) return missing();
    if (!hasCode(error, "table_damaged")) throw error;
    return wrong("changed", messageOf(error));
  }
}
