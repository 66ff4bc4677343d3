import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { dying, Killed } from "./dying.ts";
import { rowsOfLayers, rowsOfTable, runAll, syncContext } from "./table.ts";

/** A sync that is killed at any change of the lake: the next one ends it, and no row is lost or there twice. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const csv = (value: number, day = 1) =>
  `${HEADER}\n2025-01-0${day}T00:00:00Z,A,${value},C,0.1\n2025-01-0${day}T00:00:01Z,B,${value},C,0.9\n`;

/** Lakes before the sync that is killed, each with something else to do. */
const LAKES: Readonly<Record<string, (storage: LakeStorage) => Promise<void>>> = {
  async "with no table yet"(storage) {
    await put(storage, "bronze/a.csv", csv(1));
    await put(storage, "bronze/b.csv", csv(2, 2));
    await runAll(storage);
  },
  async "with a batch that is new, one that is replaced, one that is refused now, and one that is gone"(storage) {
    for (const name of ["a", "b", "c", "d"]) await put(storage, `bronze/${name}.csv`, csv(1));
    await runAll(storage);
    await syncReadings(syncContext(storage));
    await put(storage, "bronze/a.csv", csv(2, 2));
    await put(storage, "bronze/b.csv", "junk\n");
    await put(
      storage,
      "bronze/new.csv",
      csv(3, 3)
        .replace("score", "score,note")
        .replaceAll(/0\.[19]$/gm, "$&,x"),
    );
    await runAll(storage);
    for (const layer of ["bronze", "silver", "anomalies", "gold"]) await storage.remove(`${layer}/c.csv`);
  },
  async "of which all is made again, the same"(storage) {
    for (const name of ["a", "b"]) await put(storage, `bronze/${name}.csv`, csv(1));
    await runAll(storage);
    await syncReadings(syncContext(storage));
    await runAll(storage, 0.5, "");
  },
  async "whose twentieth commit wants a checkpoint"(storage) {
    for (let version = 1; version < 19; version++) {
      await put(storage, "silver/a.csv", csv(version));
      await syncReadings(syncContext(storage));
    }
    await put(storage, "silver/a.csv", csv(100));
  },
};

async function changesOf(make: (storage: LakeStorage) => Promise<void>): Promise<number> {
  const storage = createMemoryStorage();
  await make(storage);
  const { lake, counter } = dying(storage, Number.POSITIVE_INFINITY, "before");
  await syncReadings(syncContext(lake));
  return counter.changes;
}

describe("a sync that is killed", () => {
  it.each(Object.entries(LAKES))("in a lake %s, at any change: the next one ends it", async (_, make) => {
    const changes = await changesOf(make);
    expect(changes).toBeGreaterThan(3);
    for (let at = 1; at <= changes; at++) {
      for (const when of ["before", "after"] as const) {
        const storage = createMemoryStorage();
        await make(storage);
        const { lake } = dying(storage, at, when);
        const ended = await syncReadings(syncContext(lake)).then(
          () => "through",
          (error: unknown) => error,
        );
        expect(ended instanceof Killed || ended === "through").toBe(true);
        const again = await syncReadings(syncContext(storage));
        expect([at, when, await rowsOfTable(storage)]).toEqual([at, when, await rowsOfLayers(storage)]);
        expect([at, when, (await syncReadings(syncContext(storage))).version]).toEqual([at, when, again.version]);
      }
    }
  });

  it("and whose batches come, change or go before the next one loses nothing either", async () => {
    const [, second] = Object.values(LAKES);
    const changes = await changesOf(second);
    for (let at = 1; at <= changes; at++) {
      for (const when of ["before", "after"] as const) {
        const storage = createMemoryStorage();
        await second(storage);
        await syncReadings(syncContext(dying(storage, at, when).lake)).catch(() => {});
        await put(storage, "bronze/a.csv", csv(7));
        await put(storage, "bronze/b.csv", csv(8));
        await put(storage, "bronze/c.csv", csv(9));
        await runAll(storage);
        for (const layer of ["bronze", "silver", "anomalies", "gold"]) await storage.remove(`${layer}/new.csv`);
        await syncReadings(syncContext(storage));
        expect([at, when, await rowsOfTable(storage)]).toEqual([at, when, await rowsOfLayers(storage)]);
      }
    }
  });
});
