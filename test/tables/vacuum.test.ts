import { describe, expect, it } from "vitest";
import { commitInfoOf } from "../../src/tables/delta/actions.ts";
import { readCommit, readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { dropOldDays, droppedBefore, planTableExpiry, vacuumReadings } from "../../src/tables/readings/expire.ts";
import { listNotInTable } from "../../src/tables/readings/expired-silver.ts";
import { tidyReadings } from "../../src/tables/readings/keep.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { aging, DAY, expireLayers } from "./aging.ts";
import { rowsOfLayers, rowsOfTable, runAll, TABLE } from "./table.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const csv = (value: number, day = "2025-01-01") => `${HEADER}\n${day}T00:00:00Z,A,${value},C,0.1\n`;

describe("the vacuum", () => {
  it("removes data that went a week ago, files of killed attempts as old, and the log behind a checkpoint as old", async () => {
    const { storage, clock, context, vacuum } = aging();
    for (let value = 0; value < 45; value++) {
      clock.now += 1000;
      await put(storage, "silver/a.csv", csv(value));
      await syncReadings(context);
    }
    await put(storage, `${TABLE}date=2025-01-01/part-killed.snappy.parquet`, "half");
    await put(storage, `${TABLE}_theirs/x.parquet`, "theirs");
    clock.now += 6 * DAY;
    await put(storage, `${TABLE}date=2025-01-01/part-writing.snappy.parquet`, "half");
    expect(await vacuum()).toEqual([]);
    clock.now += 1 * DAY;
    const { garbage } = await planTableExpiry(storage, { now: clock.now, clock: clock.now });
    const removed = await vacuum();
    expect(removed.map(({ object }) => object.key)).toEqual(garbage.map(({ object }) => object.key));
    expect(removed.filter(({ kind }) => kind === "data")).toHaveLength(45);
    const left = (await keysOf(storage, TABLE)).map((key) => key.slice(TABLE.length));
    const version = (n: number) => `_delta_log/${String(n).padStart(20, "0")}`;
    expect(left.filter((key) => key.startsWith("_delta_log"))).toEqual([
      `${version(39)}.checkpoint.parquet`,
      ...[39, 40, 41, 42, 43, 44, 45].map((n) => `${version(n)}.json`),
      "_delta_log/_last_checkpoint",
    ]);
    expect(left.filter((key) => !key.startsWith("_delta_log"))).toEqual([
      "_theirs/x.parquet",
      expect.stringMatching(/^date=.*\.parquet$/),
      "date=2025-01-01/part-writing.snappy.parquet",
    ]);
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
    expect((await syncReadings(context)).commits).toBe(0);
  });

  it("keeps the log behind a checkpoint that cannot be read", async () => {
    const { storage, clock, context, vacuum } = aging();
    for (let value = 0; value < 21; value++) {
      clock.now += 1000;
      await put(storage, "silver/a.csv", csv(value));
      await syncReadings(context);
    }
    const [checkpoint] = (await keysOf(storage, TABLE)).filter((key) => key.includes("checkpoint.parquet"));
    await put(storage, checkpoint, "cut off");
    clock.now += 30 * DAY;
    expect((await vacuum()).filter(({ kind }) => kind === "log")).toEqual([]);
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });

  it("goes by the clock, whatever time somebody asks for", async () => {
    const { storage, clock, context } = aging();
    for (const value of [1, 2]) {
      await put(storage, "silver/a.csv", csv(value));
      await syncReadings(context);
    }
    const times = { now: clock.now + 1000 * DAY, clock: clock.now };
    expect((await planTableExpiry(storage, times)).garbage).toEqual([]);
    expect(await vacuumReadings(context, times)).toEqual([]);
  });
});

describe("rows past the retention of the table", () => {
  it("go day by day in one commit, are not brought again, and are said to have gone", async () => {
    const { storage, clock, context } = aging();
    await put(storage, "silver/a.csv", csv(1, "2025-01-01") + csv(2, "2025-01-02").slice(HEADER.length + 1));
    await put(storage, "silver/b.csv", csv(3, "0000-01-02"));
    await syncReadings(context);
    clock.now = Date.UTC(2025, 0, 1) + 400 * DAY;
    expect(await dropOldDays(context, clock.now)).toEqual([]);
    clock.now += DAY;
    expect(await planTableExpiry(storage, { now: clock.now, clock: clock.now })).toMatchObject({
      drop: [{ path: expect.stringMatching(/^date=2025-01-01/), ageDays: 401 }],
    });
    expect(await dropOldDays(context, clock.now)).toHaveLength(1);
    const snapshot = (await readSnapshot(storage, TABLE))!;
    expect([snapshot.version, droppedBefore(snapshot)]).toEqual([2, "2025-01-02"]);
    expect(commitInfoOf(await readCommit(storage, TABLE, 2))).toMatchObject({ operation: "DELETE" });
    expect((await syncReadings(context)).commits).toBe(0);
    expect((await rowsOfTable(storage)).map((row) => JSON.parse(row).value).sort()).toEqual([2, 3]);
  });

  it("and garbage go once in twenty versions where the clock keeps the table", async () => {
    const { storage, clock, context } = aging();
    for (let value = 0; value < 20; value++) {
      await put(storage, "silver/a.csv", csv(value));
      const synced = { ...(await syncReadings(context)), compacted: null };
      clock.now += DAY;
      await tidyReadings(context, synced);
      const data = (await keysOf(storage, TABLE)).filter((key) => key.includes("/date="));
      expect(data).toHaveLength(value === 19 ? 7 : value + 1);
    }
  });
});

describe("expire and the table", () => {
  it("never remove silver and anomalies that the table has not taken in, where there is one", async () => {
    const { storage, clock, context } = aging();
    const text = csv(1).replace("0.1\n", "0.9\n") + csv(2).slice(HEADER.length + 1);
    await put(storage, "bronze/a.csv", text);
    await runAll(storage);
    expect(await listNotInTable(storage)).toEqual(new Set());
    await syncReadings(context);
    await put(storage, "bronze/b.csv", text);
    await runAll(storage);
    const later = clock.now + 100 * DAY;
    const { kept } = await expireLayers(storage, later, later);
    expect(kept.filter(({ reason }) => reason === "not_in_table").map(({ key }) => key)).toEqual([
      "silver/b.csv",
      "anomalies/b.csv",
    ]);
    clock.now = later;
    await syncReadings(context);
    expect(await rowsOfTable(storage)).toHaveLength(4);
  });

  it("never make rows go of silver that went ahead of its time, as of a time that somebody asked for", async () => {
    const { storage, clock, context } = aging();
    await put(storage, "bronze/a.csv", csv(1));
    await runAll(storage);
    await syncReadings(context);
    await expireLayers(storage, clock.now + 1000 * DAY, clock.now);
    expect(await keysOf(storage, "silver/")).toEqual([]);
    expect(await syncReadings(context)).toMatchObject({ gone: 0, commits: 0 });
    await put(storage, "bronze/a.csv", csv(2));
    await runAll(storage);
    expect(await syncReadings(context)).toMatchObject({ batches: 1, replaced: 1 });
    expect(await rowsOfTable(storage)).toEqual(await rowsOfLayers(storage));
  });
});
