import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { dropOldDays } from "../../src/tables/readings/expire.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { csvOf, DAY, detectionsOf, keptDetections, ONE_IN, START, viewContextOf } from "./detections.ts";
import { rowsOfLayers, rowsOfTable, syncContext } from "./table.ts";

/** Whatever order batches come in, and whatever becomes of them, the kept detections are those of the readings there are. */

/** `DETECTIONS_HISTORIES=500` takes some minutes. */
const HISTORIES = Number(process.env.DETECTIONS_HISTORIES ?? 25);

const batch = fc.record({
  device: fc.constantFrom("A", "é", "\u{1f600}", "\uffee"),
  hour: fc.integer({ min: 0, max: 12 * 24 }),
  readings: fc.integer({ min: 20, max: 500 }),
  seed: fc.nat(100),
});
const path = fc.constantFrom("a", "b", "c", "d", "e", "f");
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant("upload" as const), path, batch }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("remove" as const), path }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("detect" as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("detect by bits" as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("compact" as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("expire" as const), day: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("lose state" as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("cut state" as const), nth: fc.nat(9) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const syncView = (storage: LakeStorage, stopped?: () => boolean) =>
  syncDetections(viewContextOf(storage), { oneIn: ONE_IN, ...(stopped && { stopped }) });

async function take(storage: LakeStorage, one: Step): Promise<void> {
  const states = await keysOf(storage, "state/detections/");
  switch (one.does) {
    case "upload":
      await put(storage, `silver/${one.path}.csv`, csvOf(one.batch));
      await syncReadings(syncContext(storage));
      return;
    case "remove":
      await storage.remove(`silver/${one.path}.csv`);
      await syncReadings(syncContext(storage));
      return;
    case "detect":
      await syncView(storage);
      return;
    case "detect by bits":
      await syncView(storage, () => true);
      return;
    case "compact":
      await compactReadings(syncContext(storage));
      return;
    case "expire":
      await dropOldDays(syncContext(storage), START + (one.day + 400) * DAY);
      return;
    case "lose state":
      if (states.length > 0) await storage.remove(states[one.nth % states.length]);
      return;
    case "cut state":
      if (states.length > 0) await put(storage, states[one.nth % states.length], "half");
  }
}

describe("the kept detections", () => {
  it(`are those of the readings there are, after ${HISTORIES} histories of batches that come late, are replaced, vanish, expire, and are merged`, async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 16 }), async (steps) => {
        const storage = createMemoryStorage();
        await syncReadings(syncContext(storage));
        for (const one of steps) {
          await take(storage, one);
          if (one.does === "detect") {
            const expected = detectionsOf(await rowsOfTable(storage));
            expect(await keptDetections(storage)).toEqual(expected);
          }
        }
        for (let runs = 0; !(await syncView(storage, () => true))!.isWhole; runs++) expect(runs).toBeLessThan(30);
        const kept = await keptDetections(storage);
        found += kept.length;
        expect(kept).toEqual(detectionsOf(await rowsOfTable(storage)));
        // Days that expired are in the layers as before.
        if (steps.every(({ does }) => does !== "expire"))
          expect(kept).toEqual(detectionsOf(await rowsOfLayers(storage)));
        const before = await keysOf(storage);
        expect(await syncView(storage)).toMatchObject({ commits: 0, days: 0 });
        expect(await keysOf(storage)).toEqual(before);
      }),
      { numRuns: HISTORIES },
    );
    expect(found).toBeGreaterThan(HISTORIES);
  });
});
