import { hasCode, messageOf } from "../errors.ts";
import { pathOf } from "../ledger/layers.ts";
import { functionFolder, receiptName } from "../ledger/names.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { newestCommit } from "../tables/delta/log.ts";
import { hasReadings } from "../tables/readings/expired-silver.ts";
import { READINGS } from "../tables/readings/layout.ts";
import { planSync } from "../tables/readings/plan.ts";
import { isInTable, TABLES_FUNCTION } from "../tables/readings/work.ts";
import { oldestSeconds } from "./layers.ts";
import type { ReadingsState } from "./overview.ts";

/** What a look has listed already, in the order of the keys. */
interface Listed {
  readonly silver: readonly ObjectInfo[];
  readonly anomalies: readonly ObjectInfo[];
  readonly receipts: readonly ObjectInfo[];
}

export interface TableFinder {
  /** Null where nobody has made the table. `now` in milliseconds. */
  look(listed: Listed, now: number): Promise<ReadingsState | null>;
}

type Newest = Pick<ReadingsState, "newest" | "problem">;

/**
 * Tells of the table of readings by its log and by listings that there are already. The log is read again when it has a newer
 * version, and reading it takes much code, which is loaded where there is a table.
 */
export function createTableFinder(storage: LakeStorage): TableFinder {
  let known: { readonly version: number; readonly stamp: string; readonly found: Newest } | null = null;
  /** Receipts of batches whose silver has expired: nothing becomes of these any more. */
  let expired: ReadonlySet<string> = new Set();

  const lastCommit = (from: number) => newestCommit(storage, READINGS, from);

  async function newest(): Promise<Newest | null> {
    try {
      if (known !== null && (await lastCommit(known.version))?.stamp === known.stamp) return known.found;
      known = null;
      return (await hasReadings(storage)) ? await readNewest() : null;
    } catch (error) {
      // Nothing but the table is worse for it: the look goes on.
      if (!hasCode(error, "table_damaged", "table_unsupported", "not_found", "storage_failed")) throw error;
      return { newest: null, problem: messageOf(error) };
    }
  }

  async function readNewest(): Promise<Newest | null> {
    const [{ readSnapshot }, { tableSummary }] = await Promise.all([
      import("../tables/delta/snapshot.ts"),
      import("../tables/readings/describe.ts"),
    ]);
    const snapshot = await readSnapshot(storage, READINGS);
    if (snapshot === null) return null;
    const { version, rows, files, bytes } = await tableSummary(storage, snapshot);
    const last = await lastCommit(version);
    // A checkpoint does not say when its version was made.
    const committed = new Date(snapshot.committed || (last?.object.modified ?? 0)).toISOString();
    const found = { newest: { version, committed, rows, files, bytes }, problem: null };
    if (last?.version === version) known = { version, stamp: last.stamp, found };
    return found;
  }

  async function lag(listed: Listed, now: number): Promise<ReadingsState["lag"]> {
    const { batches: doubtful, withoutSilver } = doubtfulIn(listed, expired);
    const { batches, gone, isCut } = await planSync(asListed(storage, doubtful), now, () => {});
    if (!isCut) {
      const left = new Map(withoutSilver);
      for (const { path } of gone) left.delete(path);
      expired = new Set([...left.values()].flat());
    }
    const written = batches.map(({ silver, anomalies }) => {
      return { modified: Math.max(silver?.modified ?? 0, anomalies?.modified ?? 0) };
    });
    return { batches: batches.length + gone.length, complete: !isCut, oldest_seconds: oldestSeconds(written, now) };
  }

  return {
    async look(listed, now) {
      const found = await newest();
      return found === null ? null : { ...found, lag: await lag(listed, now) };
    },
  };
}

/** The lake with these listings, which a look has already. */
function asListed(storage: LakeStorage, { silver, anomalies, receipts }: Listed): LakeStorage {
  return {
    ...storage,
    async *list(prefix) {
      for (const object of [...silver, ...anomalies, ...receipts]) if (object.key.startsWith(prefix)) yield object;
    },
  };
}

/**
 * Of the listings what a plan has to look at: most batches are in the table as they are, which takes a plan long to find out of many.
 * And the receipts of batches that are not in silver, by the path of the batch.
 */
function doubtfulIn({ silver, anomalies, receipts }: Listed, expired: ReadonlySet<string>) {
  const [odd, known] = [new Map<string, ObjectInfo>(), new Map<string, ObjectInfo[]>()];
  for (const object of anomalies) odd.set(pathOf(object.key), object);
  for (const object of receipts) {
    const path = syncedPath(object);
    const others = path === undefined ? undefined : known.get(path);
    if (others !== undefined) others.push(object);
    else if (path !== undefined) known.set(path, [object]);
  }
  const paths = new Set<string>();
  const without = new Map(known);
  for (const object of silver) {
    const path = pathOf(object.key);
    const batch = { path, silver: object, anomalies: odd.get(path) ?? null, receipts: known.get(path) ?? [] };
    if (!isInTable(batch)) paths.add(path);
    without.delete(path);
  }
  const withoutSilver = new Map<string, string[]>();
  for (const [path, objects] of without) {
    const keys = objects.map(({ key }) => key);
    withoutSilver.set(path, keys);
    if (!keys.every((key) => expired.has(key))) paths.add(path);
  }
  const batches: Listed = {
    silver: silver.filter(({ key }) => paths.has(pathOf(key))),
    anomalies: anomalies.filter(({ key }) => paths.has(pathOf(key))),
    receipts: receipts.filter((object) => paths.has(syncedPath(object) ?? "")),
  };
  return { batches, withoutSilver };
}

/** The path of the batch that a receipt of the table is of; undefined of any other. */
function syncedPath({ key }: ObjectInfo): string | undefined {
  return key.startsWith(functionFolder(TABLES_FUNCTION)) ? receiptName(key)?.path : undefined;
}
