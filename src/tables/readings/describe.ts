import type { LakeStorage } from "../../storage/port.ts";
import { PARTITION } from "../days/day.ts";
import { openTableFile } from "../days/table-file.ts";
import { type Action, commitInfoOf } from "../delta/actions.ts";
import { readCommits, readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { readStatistics } from "../delta/statistics.ts";
import { TableColumns } from "./columns.ts";
import { unpackSync } from "./commit-info.ts";
import { READINGS } from "./layout.ts";

/** A table as `tables list` shows it. */
export interface TableSummary {
  readonly name: string;
  readonly id: string;
  readonly version: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  /** The first and the last day of its readings, `2025-12-27`; null where it has none. */
  readonly days: readonly [first: string, last: string] | null;
  /** Names of its columns, in their order. */
  readonly columns: readonly string[];
}

/** A version of a table as `tables history` shows it. */
export interface TableCommit {
  readonly version: number;
  /** When it was made, ISO 8601, UTC; null where its writer does not say. */
  readonly time: string | null;
  readonly operation: string;
  /** Batches that came in; null where it was no sync. */
  readonly batches: number | null;
  readonly gone: number | null;
  /** Rows of the files that came and went, by their statistics; null where a file has none. */
  readonly rowsAdded: number | null;
  readonly rowsRemoved: number | null;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly engine: string;
}

/** What there is of the table of readings; null where there is none. Throws what {@link readSnapshot} throws. */
export async function describeReadings(storage: LakeStorage): Promise<TableSummary | null> {
  const snapshot = await readSnapshot(storage, READINGS);
  return snapshot === null ? null : tableSummary(storage, snapshot);
}

/** The same of a version that was read already. Throws `storage_failed` and `table_damaged`. */
export async function tableSummary(storage: LakeStorage, snapshot: Snapshot): Promise<TableSummary> {
  const columns = new TableColumns(snapshot.metadata);
  return {
    name: "readings",
    ...(await sizesOf(storage, READINGS, snapshot)),
    columns: [PARTITION, ...columns.inFiles().map(({ name }) => name), ...columns.foreign.map(({ name }) => name)],
  };
}

/** How much is in a version of a table by days, `table` its prefix. Throws `storage_failed` and `table_damaged`. */
export async function sizesOf(
  storage: LakeStorage,
  table: string,
  snapshot: Snapshot,
): Promise<Omit<TableSummary, "name" | "columns">> {
  const adds = [...snapshot.files.values()];
  const days = adds.flatMap(({ partitionValues }) => partitionValues[PARTITION] ?? []).sort();
  const [first] = days;
  return {
    id: snapshot.metadata.id,
    version: snapshot.version,
    rows: await rowsOf(storage, table, snapshot),
    files: adds.length,
    bytes: adds.reduce((sum, { size }) => sum + size, 0),
    days: first === undefined ? null : [first, days[days.length - 1]],
  };
}

/** By the statistics, or of a file that has none by the file itself. */
async function rowsOf(storage: LakeStorage, table: string, { files }: Snapshot): Promise<number> {
  let rows = 0;
  for (const [path, add] of files) {
    rows += readStatistics(add).numRecords ?? (await openTableFile(storage, table, path, add)).rows;
  }
  return rows;
}

/**
 * The newest versions, the newest first, as far as the log has them; null where there is no table. Rows that went are those of files
 * that came with a version which the log still has.
 */
export async function readHistory(storage: LakeStorage, limit: number): Promise<TableCommit[] | null> {
  const snapshot = await readSnapshot(storage, READINGS);
  if (snapshot === null) return null;
  const versions = Array.from({ length: Math.min(limit, snapshot.version + 1) }, (_, i) => snapshot.version - i);
  const commits = await readCommits(storage, READINGS, versions);
  const rows = new Map<string, number | null>();
  for (const [path, add] of snapshot.files) rows.set(path, readStatistics(add).numRecords);
  for (const { actions } of commits) {
    for (const { add } of actions)
      if (add !== undefined) rows.set(decodeURIComponent(add.path), readStatistics(add).numRecords);
  }
  return commits.map(({ version, actions }) => commitOf(version, actions, rows));
}

function commitOf(version: number, actions: readonly Action[], rows: ReadonlyMap<string, number | null>): TableCommit {
  const info = commitInfoOf(actions);
  const sync = unpackSync(info);
  const added = actions.flatMap(({ add }) => add?.path ?? []);
  const removed = actions.flatMap(({ remove }) => remove?.path ?? []);
  const sum = (paths: readonly string[]) =>
    paths.reduce<number | null>((total, path) => {
      const one = rows.get(decodeURIComponent(path)) ?? null;
      return total === null || one === null ? null : total + one;
    }, 0);
  return {
    version,
    time: typeof info.timestamp === "number" ? new Date(info.timestamp).toISOString() : null,
    operation: String(info.operation ?? "unknown"),
    batches: sync?.synced.length ?? null,
    gone: sync?.gone.length ?? null,
    rowsAdded: sum(added),
    rowsRemoved: sum(removed),
    filesAdded: added.length,
    filesRemoved: removed.length,
    engine: String(info.engineInfo ?? "unknown"),
  };
}
