import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { removalOf } from "../../src/tables/delta/actions.ts";
import { commit } from "../../src/tables/delta/commit.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import type { ChainDay } from "../../src/tables/detections/chain.ts";
import { DETECTIONS } from "../../src/tables/detections/layout.ts";
import { worthKeeping } from "../../src/tables/detections/states.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { tryDetections } from "../../src/tables/detections/try.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { dropOldDays } from "../../src/tables/readings/expire.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { csvOf, DAY, detectionsOf, keptDetections, ONE_IN, START, viewContextOf } from "./detections.ts";
import { rowsOfLayers, rowsOfTable, syncContext } from "./table.ts";
import { inTurns } from "./turns.ts";

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

/** Ten days of a device; the batch of each is its own. */
async function tenDays(storage: LakeStorage): Promise<void> {
  for (let day = 0; day < 10; day++) await upload(storage, `day${day}`, day);
}

async function upload(storage: LakeStorage, name: string, day: number, seed = day): Promise<void> {
  await put(storage, `silver/${name}.csv`, csvOf({ device: "A", hour: 24 * day, readings: 144, seed }));
  await syncReadings(syncContext(storage));
}

describe("a run", () => {
  it("reads the days that changed and those behind them; without its states all, with the same rows", async () => {
    const storage = createMemoryStorage();
    await tenDays(storage);
    expect(await syncView(storage)).toMatchObject({ days: 10, commits: 1, isWhole: true, version: 0, devices: 1 });
    expect(await syncView(storage)).toMatchObject({ days: 0, commits: 0 });
    await upload(storage, "day9", 9, 77);
    expect(await syncView(storage)).toMatchObject({ days: 1, version: 1, readings: 11 });
    await upload(storage, "late", 7, 78);
    expect((await syncView(storage))!.days).toBe(3);
    await upload(storage, "later", 1, 79);
    const { days } = (await syncView(storage))!;
    expect([days >= 9, days <= 10]).toEqual([true, true]);
    const kept = await keptDetections(storage);
    for (const key of await keysOf(storage, "state/detections/")) await storage.remove(key);
    await upload(storage, "day9", 9, 9);
    await upload(storage, "day9", 9, 77);
    expect(await syncView(storage)).toMatchObject({ days: 10, found: 0, gone: 0 });
    expect(await keptDetections(storage)).toEqual(kept);
  });

  it("tells a silence while it lasts, and no more when the device reports again", async () => {
    const storage = createMemoryStorage();
    for (let day = 0; day < 8; day++) {
      await put(storage, `silver/b${day}.csv`, csvOf({ device: "B", hour: 24 * day, readings: 144, seed: day }));
      if (day !== 3 && day !== 4) await upload(storage, `day${day}`, day);
    }
    await storage.remove("silver/day5.csv");
    await storage.remove("silver/day6.csv");
    await storage.remove("silver/day7.csv");
    await syncReadings(syncContext(storage));
    await syncView(storage);
    const silences = async () => (await keptDetections(storage)).filter(({ reason }) => reason === "silence");
    const [silence, ...more] = await silences();
    expect([silence.device, Math.floor((silence.time - START) / DAY), more]).toEqual(["A", 3, []]);
    // A trial by the same setting says the same.
    const trial = { oneIn: ONE_IN, device: undefined, since: Number.NEGATIVE_INFINITY, stopped: () => false };
    expect((await tryDetections(storage, trial))?.rows).toEqual(await keptDetections(storage));
    await upload(storage, "day5", 5);
    await syncView(storage);
    expect((await silences())[0]).toEqual(silence);
    expect((await silences()).filter(({ time }) => time >= START + 5 * DAY && time < START + 6 * DAY)).toEqual([]);
  });

  it("takes nobody for silent because the clock of one device runs ahead", async () => {
    const storage = createMemoryStorage();
    for (const device of ["B", "C", "D", "E", "F"]) {
      const text = csvOf({ device, hour: 0, readings: 5 * 144, seed: 1 });
      await put(storage, `silver/${device}.csv`, text);
    }
    await put(storage, "silver/ahead.csv", csvOf({ device: "F", hour: 24 * 20, readings: 5 * 144, seed: 2 }));
    await syncReadings(syncContext(storage));
    await syncView(storage);
    const silences = (await keptDetections(storage)).filter(({ reason }) => reason === "silence");
    expect(silences).toEqual([]);
  });

  it("keeps some three states for each doubling of the days behind, and what is kept of more days was kept of fewer", () => {
    const day = (i: number) => ({ date: new Date(START + i * DAY).toISOString().slice(0, 10) });
    const kept = (count: number) =>
      [...worthKeeping(Array.from({ length: count }, (_, i) => day(i)) as unknown as ChainDay[])].map(
        ({ date }) => date,
      );
    expect(kept(400).length).toBeLessThan(22);
    expect(kept(400).toSorted().slice(-3)).toEqual([day(397), day(398), day(399)].map(({ date }) => date));
    let before = kept(1);
    for (let count = 2; count < 400; count++) {
      const now = kept(count);
      expect(now.filter((date) => !before.includes(date) && date !== day(count - 1).date)).toEqual([]);
      before = now;
    }
  });

  it("makes all anew by another setting, and keeps that of the table where none is given", async () => {
    const storage = createMemoryStorage();
    await tenDays(storage);
    const all = (await syncView(storage))!;
    const few = (await syncDetections(viewContextOf(storage), { oneIn: 365 * DAY }))!;
    expect([few.days, few.gone > 0, few.oneIn]).toEqual([10, true, 365 * DAY]);
    expect(await syncDetections(viewContextOf(storage))).toMatchObject({ days: 0, commits: 0, oneIn: 365 * DAY });
    expect((await syncView(storage))!.found).toBeGreaterThanOrEqual(few.gone);
    expect(all.oneIn).toBe(ONE_IN);
  });

  it("puts back what another program has taken out of the table", async () => {
    const storage = createMemoryStorage();
    await tenDays(storage);
    await syncView(storage);
    const kept = await keptDetections(storage);
    const { files, version } = (await readSnapshot(storage, DETECTIONS))!;
    const removes = [...files.values()].slice(0, 2).map((add) => ({ remove: removalOf(add, true) }));
    await commit(storage, DETECTIONS, version + 1, [{ commitInfo: { timestamp: 1, operation: "DELETE" } }, ...removes]);
    expect((await keptDetections(storage)).length).toBeLessThan(kept.length);
    await syncView(storage);
    expect(await keptDetections(storage)).toEqual(kept);
  });

  it("beside another one, and readings that come meanwhile, gives what one alone gives", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, isThere) => {
        const storage = createMemoryStorage();
        await upload(storage, "a", 0);
        await upload(storage, "b", 1);
        if (isThere) {
          await syncView(storage);
          await upload(storage, "a", 0, 50);
        }
        const both = ["one", "two"].map((who) => syncView(inTurns(storage, scheduler, who)));
        const more = scheduler.schedule(Promise.resolve(), "an upload").then(() => upload(storage, "c", 2));
        await scheduler.waitFor(Promise.all<unknown>([...both, more]));
        await syncView(storage);
        expect(await keptDetections(storage)).toEqual(detectionsOf(await rowsOfTable(storage)));
        expect((await syncView(storage))!.commits).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});
