import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage, ObjectInfo } from "../../src/storage/port.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { rowsOfLayers, rowsOfTable, runAll, syncContext } from "./table.ts";

/** Two syncs of one lake at once, at every pace. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const csv = (value: number, day: number) =>
  `${HEADER}\n2025-01-0${day}T00:00:00Z,A,${value},C,0.1\n2025-01-0${day}T00:00:01Z,B,${value},C,0.9\n`;

/** A lake whose every operation waits for its turn. */
function inTurns(storage: LakeStorage, scheduler: fc.Scheduler, who: string): LakeStorage {
  const turn = <T>(what: string, work: () => Promise<T>) =>
    scheduler.schedule(Promise.resolve(), `${who} ${what}`).then(work);
  return {
    ...storage,
    async *list(prefix, options) {
      const found: ObjectInfo[] = [];
      await turn(`list ${prefix}`, async () => {
        for await (const object of storage.list(prefix, options)) found.push(object);
      });
      yield* found;
    },
    head: (key) => turn(`head ${key}`, () => storage.head(key)),
    read: (key, range) => turn(`read ${key}`, () => storage.read(key, range)),
    async create(key, options) {
      const writer = await storage.create(key, options);
      return { ...writer, commit: (given) => turn(`commit ${key}`, () => writer.commit(given)) };
    },
    remove: (key, ifToken) => turn(`remove ${key}`, () => storage.remove(key, ifToken)),
  };
}

describe("two writers", () => {
  it.each([
    ["who make the table at once", false],
    ["of a table that is there", true],
  ])("%s bring each batch once", async (_, isThere) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const storage = createMemoryStorage();
        for (const name of ["a", "b"]) await put(storage, `bronze/${name}.csv`, csv(1, 1));
        await runAll(storage);
        if (isThere) {
          await syncReadings(syncContext(storage));
          await put(storage, "bronze/a.csv", csv(2, 1));
          await put(storage, "bronze/c.csv", csv(3, 2));
          await runAll(storage);
          for (const layer of ["bronze", "silver", "anomalies", "gold"]) await storage.remove(`${layer}/b.csv`);
        }
        const both = ["one", "two"].map((who) => syncReadings(syncContext(inTurns(storage, scheduler, who))));
        const more = (async () => {
          await scheduler.schedule(Promise.resolve(), "an upload");
          await put(storage, "silver/hand.csv", csv(9, 3));
        })();
        await scheduler.waitFor(Promise.all([...both, more]));
        await syncReadings(syncContext(storage));
        expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
        expect((await syncReadings(syncContext(storage))).commits).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
