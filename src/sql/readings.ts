import { VantageflowError } from "../errors.ts";
import { lakeOption } from "../shell.ts";
import type { LakeStorage } from "../storage/port.ts";
import { fieldsOf } from "../tables/delta/schema.ts";
import { readSnapshot } from "../tables/delta/snapshot.ts";
import type { Snapshot } from "../tables/delta/state.ts";
import { readSnapshotAt, versionAt } from "../tables/delta/travel.ts";
import { READINGS } from "../tables/readings/layout.ts";
import { planSync } from "../tables/readings/plan.ts";
import { wasPutBack } from "../tables/readings/receipts.ts";
import { type FileCache, localPaths } from "./local-files.ts";
import { neededFiles } from "./prune.ts";
import { readingsView } from "./readings-view.ts";
import type { Session } from "./session.ts";
import type { Statement } from "./statement.ts";
import { filesOf } from "./table-files.ts";
import type { TableMoment } from "./view.ts";

export const READINGS_VIEW = "readings";

/** What was read for a query, and of how much. */
export interface TableRead {
  readonly version: number;
  readonly files: number;
  readonly filesRead: number;
  readonly bytesRead: number;
  /** Receipts know of a later version than this newest one. */
  readonly isPutBack: boolean;
}

interface ReadingsOptions {
  readonly storage: LakeStorage;
  readonly at: TableMoment | undefined;
  readonly cache: FileCache;
  /** A folder of this query. */
  readonly temporary: string;
}

/**
 * Makes the view of the table over those of its files in which rows may be that the query asks for, and returns their paths.
 * Throws `not_found` where there is no table yet, or no such version.
 */
export async function declareReadings(
  session: Session,
  statement: Statement,
  { storage, at, cache, temporary }: ReadingsOptions,
): Promise<{ readonly table: TableRead; readonly files: readonly string[] }> {
  const snapshot = await snapshotAt(storage, at);
  const all = filesOf(snapshot);
  const needed = statement.isDescription ? [] : await neededFiles(session, statement, READINGS_VIEW, all);
  const objects = needed.map(({ path, size }) => ({ key: `${READINGS}${path}`, size }));
  const paths = await localPaths(storage, objects, cache, temporary);
  const fields = fieldsOf(READINGS, snapshot.metadata.schemaString);
  const readable = needed.map((file, i) => ({ file, path: paths[i] }));
  await session.connection.run(readingsView(READINGS_VIEW, fields, readable));
  const bytesRead = needed.reduce((sum, { size }) => sum + size, 0);
  const { version, metadata } = snapshot;
  const isPutBack = at === undefined && (await wasPutBack(storage, { table: metadata.id, version }));
  const table = { version, files: all.length, filesRead: needed.length, bytesRead, isPutBack };
  return { table, files: paths };
}

async function snapshotAt(storage: LakeStorage, at: TableMoment | undefined): Promise<Snapshot> {
  if (at === undefined) {
    const snapshot = await readSnapshot(storage, READINGS);
    if (snapshot !== null) return snapshot;
    const what = `there is no table of readings in ${storage.url} yet. Make it: vantageflow tables sync${lakeOption(storage.url)}`;
    throw new VantageflowError("not_found", `Cannot ask of readings: ${what}`);
  }
  const version = "version" in at ? at.version : await versionAt(storage, READINGS, at.time);
  return readSnapshotAt(storage, READINGS, version);
}

/** How many batches wait to come into the table, or to go from it; `isMore` where they were not counted to the end. */
export async function countWaiting(storage: LakeStorage, now: number): Promise<{ count: number; isMore: boolean }> {
  const { batches, gone, isCut } = await planSync(storage, now, () => {});
  return { count: batches.length + gone.length, isMore: isCut };
}
