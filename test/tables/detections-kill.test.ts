import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { vacuumDetections } from "../../src/tables/detections/keep.ts";
import { DETECTIONS } from "../../src/tables/detections/layout.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { bytesOf, keysOf, put } from "../pipeline/lake.ts";
import { csvOf, DAY, detectionsOf, keptDetections, ONE_IN, viewContextOf } from "./detections.ts";
import { dying, Killed, MOMENTS } from "./dying.ts";
import { rowsOfTable, syncContext } from "./table.ts";

/** A run that is killed at any change of the lake: the table between is that of before or of after, and the next run ends it. */

/** Moments of each scenario; all of them by `DETECTIONS_KILL_CASES=200`. */
const CASES = Number(process.env.DETECTIONS_KILL_CASES ?? 20);
const LATER = Date.now() + 30 * DAY;

async function batch(storage: LakeStorage, name: string, hour: number, seed: number): Promise<void> {
  await put(storage, `silver/${name}.csv`, csvOf({ device: "A", hour, readings: 300, seed }));
  await syncReadings(syncContext(storage));
}

async function copyOf(lake: LakeStorage): Promise<LakeStorage> {
  const copy = createMemoryStorage();
  for (const key of await keysOf(lake)) await put(copy, key, (await bytesOf(lake, key))!);
  return copy;
}

const syncView = (storage: LakeStorage, stopped?: () => boolean) =>
  syncDetections(viewContextOf(storage), { oneIn: ONE_IN, ...(stopped && { stopped }) });

const SCENARIOS = [
  {
    name: "the first run, over a week",
    prepare: (storage: LakeStorage) => batch(storage, "a", 0, 1).then(() => batch(storage, "b", 90, 2)),
    stopped: undefined,
  },
  {
    name: "a run after a batch came late, whose commit wants a checkpoint of the log",
    async prepare(storage: LakeStorage) {
      await batch(storage, "a", 0, 1);
      for (let i = 0; i < 19; i++) {
        await batch(storage, "b", 60, i);
        await syncView(storage);
      }
      await batch(storage, "late", 24, 3);
    },
    stopped: undefined,
  },
  {
    name: "a run that is stopped after a day",
    async prepare(storage: LakeStorage) {
      await batch(storage, "a", 0, 1);
      await syncView(storage);
      await batch(storage, "late", 12, 3);
    },
    stopped: () => true,
  },
];

describe.each(SCENARIOS)("$name", ({ prepare, stopped }) => {
  it("leaves nothing behind that the next run does not put right, wherever it is killed", async () => {
    const ready = createMemoryStorage();
    await prepare(ready);
    const { lake, counter } = dying(await copyOf(ready), Number.POSITIVE_INFINITY, "before");
    await syncView(lake, stopped);
    expect(counter.changes).toBeGreaterThan(3);
    const before = await keptDetections(ready);
    const expected = detectionsOf(await rowsOfTable(ready));
    const all = Array.from({ length: counter.changes }, (_, i) => MOMENTS.map((when) => ({ at: i + 1, when }))).flat();
    const every = Math.max(1, Math.floor(all.length / CASES));
    for (const { at, when } of all.filter((_, i) => i % every === 0)) {
      const storage = await copyOf(ready);
      const ended = await syncView(dying(storage, at, when).lake, stopped).catch((error: unknown) => error);
      expect(ended).toBeInstanceOf(Killed);
      const between = await keptDetections(storage);
      if (stopped === undefined) expect([before, expected].map(String)).toContain(String(between));
      await syncView(storage);
      expect([at, when, await keptDetections(storage)]).toEqual([at, when, expected]);
      // What the killed run left goes with the vacuum.
      await vacuumDetections({ storage }, { now: LATER, clock: LATER });
      const { files } = (await readSnapshot(storage, DETECTIONS))!;
      const there = (await keysOf(storage, DETECTIONS)).filter((key) => key.includes("/part-"));
      expect(there).toEqual([...files.keys()].map((path) => `${DETECTIONS}${path}`).sort());
      expect(await keptDetections(storage)).toEqual(expected);
    }
  });
});
