import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { rowsOfLayers, rowsOfTable, runAll, syncContext } from "./table.ts";
import { inTurns } from "./turns.ts";

/** Two syncs of one lake at once, at every pace. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const csv = (value: number, day: number) =>
  `${HEADER}\n2025-01-0${day}T00:00:00Z,A,${value},C,0.1\n2025-01-0${day}T00:00:01Z,B,${value},C,0.9\n`;

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

  it("of which one merges files have every row once, in each version", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const storage = createMemoryStorage();
        for (const name of ["a", "b", "c"]) {
          await put(storage, `bronze/${name}.csv`, csv(1, 1));
          await runAll(storage);
          await syncReadings(syncContext(storage));
        }
        await put(storage, "bronze/a.csv", csv(2, 1));
        await put(storage, "bronze/d.csv", csv(3, 1).replaceAll(/(score|0.[19])$/gm, "$1,note"));
        await runAll(storage);
        const lakeOf = (who: string) => syncContext(inTurns(storage, scheduler, who));
        const both = [syncReadings(lakeOf("sync")), compactReadings(lakeOf("merge"))];
        await scheduler.waitFor(Promise.all<unknown>(both));
        expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
        expect((await syncReadings(syncContext(storage))).commits).toBe(0);
        await compactReadings(syncContext(storage));
        expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
      }),
      { numRuns: 60 },
    );
  });
});
