import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { detectionsLag } from "../../src/tables/detections/describe.ts";
import { addMute } from "../../src/tables/detections/mutes.ts";
import { readDetections } from "../../src/tables/detections/read.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { csvOf, ONE_IN, START, viewContextOf } from "../tables/detections.ts";
import { syncContext } from "../tables/table.ts";
import { ask } from "./lake.ts";

const HOUR = 3_600_000;
const KEPT = START + 400 * 24 * HOUR;

/** Readings of a device that is odd now and then come into both tables at a time. */
async function keep(storage: LakeStorage, device: string, time: number): Promise<void> {
  await put(storage, `silver/${device}.csv`, csvOf({ device, hour: 0, readings: 500, seed: 3 }));
  await syncReadings({ ...syncContext(storage), now: () => time });
  await syncDetections({ ...viewContextOf(storage), now: () => time }, { oneIn: ONE_IN });
}

const made = (async () => {
  const storage = createMemoryStorage();
  await keep(storage, "A", KEPT);
  await keep(storage, "B", KEPT + HOUR);
  return storage;
})();

describe("detections", () => {
  it("are those that the lake keeps, each with who muted it and why", async () => {
    const storage = await made;
    const kept = (await readDetections(storage))?.rows ?? [];
    const one = kept.find(({ device }) => device === "B");
    expect(kept.length).toBeGreaterThan(2);
    if (one === undefined) throw new Error("there is none of B");
    const { device, time } = one;
    await addMute(storage, { device, from: time, to: time, why: "a door", who: "me", said: KEPT });
    const { rows } = await ask(storage, "select * from detections order by timestamp, device_id");
    expect(rows).toEqual(
      kept.map(({ time: at, device: id, onceInDays, ...row }) => ({
        timestamp: new Date(at).toISOString().replace(".000Z", "Z"),
        device_id: id,
        once_in_days: onceInDays,
        ...row,
        muted_by: at === time && id === device ? "me" : null,
        muted_why: at === time && id === device ? "a door" : null,
      })),
    );
  });

  it("have fixed types, whether there are some or none", async () => {
    const types = async (storage: LakeStorage, sql: string) =>
      (await ask(storage, sql)).columns.map(({ name, type }) => `${name} ${type}`);
    const all = [
      "timestamp TIMESTAMP WITH TIME ZONE",
      "device_id VARCHAR",
      "value DOUBLE",
      "expected DOUBLE",
      "low DOUBLE",
      "high DOUBLE",
      "once_in_days DOUBLE",
      "score DOUBLE",
      "reason VARCHAR",
      "detector BIGINT",
      "muted_by VARCHAR",
      "muted_why VARCHAR",
    ];
    expect(await types(await made, "select * from detections")).toEqual(all);
    const empty = createMemoryStorage();
    await syncReadings(syncContext(empty));
    await syncDetections(viewContextOf(empty));
    expect(await types(empty, "select * from detections")).toEqual(all);
    const { rows } = await ask(createMemoryStorage(), "describe detections");
    expect(rows).toHaveLength(all.length);
  });

  it("are as they were at a time, with no versions of their own to ask for", async () => {
    const storage = await made;
    const devices = async (at: { time: number } | { version: number }) => {
      const { rows } = await ask(storage, "select distinct device_id as id from detections order by id", { at });
      return rows.map(({ id }) => id);
    };
    expect(await devices({ time: KEPT + 1 })).toEqual(["A"]);
    expect(await devices({ time: KEPT + HOUR })).toEqual(["A", "B"]);
    await expect(devices({ time: KEPT - 1 })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/none that were made by 2026-.*Ask of a later time/),
    });
    await expect(devices({ version: 1 })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("Ask of a time: --at 2026"),
    });
  });

  it("are not there before somebody made them, which the error says", async () => {
    await expect(ask(createMemoryStorage(), "select 1 from detections")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("Make them: vantageflow detect"),
    });
  });

  it("lag where readings came since, and nowhere else", async () => {
    const storage = createMemoryStorage();
    expect(await detectionsLag(storage)).toBeNull();
    await keep(storage, "A", KEPT);
    expect(await detectionsLag(storage)).toBeNull();
    await put(storage, "silver/B.csv", csvOf({ device: "B", hour: 0, readings: 500, seed: 3 }));
    await syncReadings(syncContext(storage));
    const lag = await detectionsLag(storage);
    expect(lag?.newest).toBe((lag?.shown ?? 0) + 1);
    const other = createMemoryStorage();
    await put(other, "silver/A.csv", csvOf({ device: "A", hour: 0, readings: 500, seed: 3 }));
    await syncReadings(syncContext(other));
    await syncDetections(viewContextOf(other), { stopped: () => true });
    expect(await detectionsLag(other)).toMatchObject({ shown: null });
  });
});
