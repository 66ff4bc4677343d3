import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { writeJson } from "../../src/storage/objects.ts";
import { dropDetections } from "../../src/tables/detections/keep.ts";
import { addMute, type Mute, muteOf, readMutes, removeMutes } from "../../src/tables/detections/mutes.ts";
import { syncDetections } from "../../src/tables/detections/sync.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { csvOf, viewContextOf } from "./detections.ts";
import { syncContext } from "./table.ts";

const said = (device: string, from: number, to: number | null = null): Omit<Mute, "id"> => ({
  ...{ device, from, to },
  ...{ why: "known", who: "somebody", said: 1000 },
});

describe("mutes", () => {
  it("are of their device and time, ends included, and the last that was said counts", async () => {
    const storage = createMemoryStorage();
    const one = await addMute(storage, said("a", 10, 20));
    const later = await addMute(storage, said("a", 15));
    const mutes = await readMutes(storage);
    expect(mutes).toEqual([one, later]);
    const of = (device: string, time: number) => muteOf(mutes, device, time)?.id ?? null;
    expect([9, 10, 14, 15, 20, 99].map((time) => of("a", time))).toEqual([
      null,
      one.id,
      one.id,
      later.id,
      later.id,
      later.id,
    ]);
    expect(of("b", 15)).toBeNull();
  });

  it("of many people at once are all kept", async () => {
    const storage = createMemoryStorage();
    await Promise.all(Array.from({ length: 12 }, (_, i) => addMute(storage, said(`device-${i}`, i))));
    const devices = (await readMutes(storage)).map(({ device }) => device);
    expect(devices.sort()).toEqual(Array.from({ length: 12 }, (_, i) => `device-${i}`).sort());
  });

  it("are taken back by id, or all of a device", async () => {
    const storage = createMemoryStorage();
    const kept = await addMute(storage, said("a", 1));
    const { id } = await addMute(storage, said("a", 2));
    expect((await removeMutes(storage, id)).map((one) => one.id)).toEqual([id]);
    await addMute(storage, said("b", 3));
    expect(await removeMutes(storage, "b")).toHaveLength(1);
    expect(await removeMutes(storage, "c")).toEqual([]);
    expect(await readMutes(storage)).toEqual([kept]);
  });

  it("stay when detections come, and when all of them are made again, as does what is not ours", async () => {
    const storage = createMemoryStorage();
    const sync = async () => {
      await syncReadings(syncContext(storage));
      await syncDetections(viewContextOf(storage));
    };
    const days = [0, 24, 48].map((hour) => csvOf({ device: "a", hour, readings: 144, seed: hour }));
    await put(storage, "silver/a.csv", days[0]);
    await put(storage, "silver/b.csv", days[1]);
    await sync();
    await put(storage, "state/detections/of-somebody.txt", "mine");
    const mute = await addMute(storage, said("a", 1));
    await put(storage, "silver/c.csv", days[2]);
    await sync();
    expect(await readMutes(storage)).toEqual([mute]);
    expect((await keysOf(storage, "state/detections/")).some((key) => key.endsWith(".bin"))).toBe(true);
    await dropDetections({ storage });
    expect(await keysOf(storage, "state/detections/")).toEqual(["state/detections/of-somebody.txt"]);
    await sync();
    expect(await readMutes(storage)).toEqual([mute]);
  });

  it("that are damaged are named and never written over", async () => {
    for (const value of [null, 1, { version: 2, mutes: [] }, { version: 1, mutes: [{ id: "x" }] }]) {
      const storage = createMemoryStorage();
      await writeJson(storage, "state/muted-detections.json", value);
      for (const act of [() => readMutes(storage), () => addMute(storage, said("a", 1))])
        await expect(act()).rejects.toMatchObject({ code: "input_invalid", key: "state/muted-detections.json" });
    }
  });
});
