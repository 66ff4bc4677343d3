import type { LakeStorage } from "../../src/storage/port.ts";
import { commit } from "../../src/tables/delta/commit.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { dropOldDays, vacuumReadings } from "../../src/tables/readings/expire.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import type { SyncContext } from "../../src/tables/readings/sync-types.ts";
import { put } from "../pipeline/lake.ts";
import { runAll, syncContext, TABLE } from "./table.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const DAY = 86_400_000;
/** When nothing that was made now is younger than a week. */
const LATER = Date.now() + 30 * DAY;
/** When the first of January 2025 is past the table's retention, and the second is not. */
const PAST = Date.UTC(2025, 0, 2) + 400 * DAY;

export const csv = (value: number, day = 1) =>
  `${HEADER}\n2025-01-0${day}T00:00:00Z,A,${value},C,0.1\n2025-01-0${day}T00:00:01Z,B,${value},C,0.9\n`;

export interface Scenario {
  readonly name: string;
  /** Makes a lake ready for it. */
  readonly prepare: (storage: LakeStorage) => Promise<void>;
  readonly work: (context: SyncContext) => Promise<unknown>;
  /** Rows of days before this one are not in the table afterwards. */
  readonly since?: string;
}

/** Commits that change nothing, as another program may make them, up to this version. */
async function fill(storage: LakeStorage, from: number, to: number): Promise<void> {
  for (let version = from; version <= to; version++)
    await commit(storage, TABLE, version, [{ commitInfo: { timestamp: version, operation: "WRITE" } }]);
}

const sync = (storage: LakeStorage) => syncReadings(syncContext(storage));

/** Silver in which this is, one sync after the other. */
async function synced(storage: LakeStorage, ...files: readonly (readonly [name: string, text: string])[]) {
  for (const [name, text] of files) {
    await put(storage, `silver/${name}.csv`, text);
    await sync(storage);
  }
}

export const SYNCS: readonly Scenario[] = [
  {
    name: "sync of a lake with no table yet",
    async prepare(storage) {
      await put(storage, "bronze/a.csv", csv(1));
      await put(storage, "bronze/b.csv", csv(2, 2));
      await runAll(storage);
    },
    work: syncReadings,
  },
  {
    name: "sync of a batch that is new, one that is replaced, one that is refused now, and one that is gone",
    async prepare(storage) {
      for (const name of ["a", "b", "c", "d"]) await put(storage, `bronze/${name}.csv`, csv(1));
      await runAll(storage);
      await sync(storage);
      await put(storage, "bronze/a.csv", csv(2, 2));
      await put(storage, "bronze/b.csv", "junk\n");
      const noted = csv(3, 3).replaceAll(/(score|0\.[19])$/gm, "$1,note");
      await put(storage, "bronze/new.csv", noted);
      await runAll(storage);
      for (const layer of ["bronze", "silver", "anomalies", "gold"]) await storage.remove(`${layer}/c.csv`);
    },
    work: syncReadings,
  },
  {
    name: "sync of batches that are made again, the same",
    async prepare(storage) {
      for (const name of ["a", "b"]) await put(storage, `bronze/${name}.csv`, csv(1));
      await runAll(storage);
      await sync(storage);
      await runAll(storage, 0.5, "");
    },
    work: syncReadings,
  },
  {
    name: "sync whose commit wants a checkpoint",
    async prepare(storage) {
      await synced(storage, ["a", csv(1)]);
      await fill(storage, 2, 18);
      await put(storage, "silver/a.csv", csv(2));
    },
    work: syncReadings,
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...SYNCS,
  {
    name: "compact of two days",
    prepare: (storage) =>
      synced(
        storage,
        ["a", csv(1)],
        ["b", csv(2)],
        ["c", csv(3, 2)],
        ["d", csv(4, 2)],
        ["e", csv(5)],
        ["f", csv(6, 3)],
      ),
    work: compactReadings,
  },
  {
    name: "compact in steps, of which one wants a checkpoint",
    async prepare(storage) {
      await synced(storage, ["a", csv(1)], ["b", csv(2)], ["c", csv(3)], ["d", csv(4)]);
      await fill(storage, 5, 17);
    },
    work: (context) => compactReadings(context, { memoryBytes: 1 }),
  },
  {
    name: "vacuum of data, of what a killed run left, and of the log behind a checkpoint",
    async prepare(storage) {
      await synced(storage, ["a", csv(1)], ["b", csv(2, 2)], ["a", csv(3)]);
      await fill(storage, 4, 18);
      await synced(storage, ["b", csv(4, 2)], ["c", csv(5, 2)]);
      await put(storage, `${TABLE}date=2025-01-01/part-killed.snappy.parquet`, "half");
    },
    work: (context) => vacuumReadings({ ...context, now: () => LATER }, { now: LATER, clock: LATER }),
  },
  {
    name: "expiry of a day",
    prepare: (storage) => synced(storage, ["a", csv(1)], ["b", csv(2, 2)], ["c", csv(3, 1)]),
    work: (context) => dropOldDays(context, PAST),
    since: "2025-01-02",
  },
];

/** What no version of a week before needs is gone. */
export async function vacuumLater(storage: LakeStorage): Promise<number> {
  const garbage = await vacuumReadings({ ...syncContext(storage), now: () => LATER }, { now: LATER, clock: LATER });
  return garbage.length;
}
