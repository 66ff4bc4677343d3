import { describe, expect, it } from "vitest";
import { createMonitor } from "../../src/monitor/monitor.ts";
import { namesDevice } from "../../src/monitor/rejected.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { silverToGold } from "../../src/pipeline/stages.ts";
import { put } from "../pipeline/lake.ts";
import { createClockedLake, GOLD_HEADER, HEADER, HOUR, MINUTE, NOON, reading } from "./lake.ts";

describe("the detail of a device", () => {
  it("has its gold, its batches newest first, and its readings in their own order with anomalies and rejects", async () => {
    const lake = createClockedLake();
    const other = reading("E", 9, { second: 1 });
    lake.now = NOON - 2 * HOUR;
    const first = reading("D", 1, { second: 2 }) + reading("D", 2, { second: 0, score: 0.9 });
    await lake.ingest("bronze/x/first.csv", `${HEADER + first + other}2025-01-01T00:00:00Z,D,1_0,C,0.1\n`);
    lake.now = NOON - HOUR;
    await lake.ingest("bronze/second.csv", HEADER + reading("D", 3, { second: 1 }) + other);
    await lake.ingest("silver/alone.csv", HEADER + reading("D", 4, { second: 9, score: 0.8 }));
    await lake.ingest("bronze/others.csv", HEADER + other);
    await lake.monitor.refresh();
    const detail = await lake.monitor.device("D");
    expect(detail?.device).toMatchObject({ device_id: "D", batches: 3, total_readings: 4, anomaly_count: 2 });
    expect(detail?.batches.map(({ key }) => key).toSorted()).toEqual([
      "bronze/second.csv",
      "bronze/x/first.csv",
      "silver/alone.csv",
    ]);
    expect(detail?.batches.at(-1)).toEqual({
      key: "bronze/x/first.csv",
      written: "2026-03-10T10:00:00.000Z",
      ...{ total_readings: 2, avg_value: 1.5, min_value: 1, max_value: 2, anomaly_count: 1, anomaly_percentage: 50 },
    });
    expect(detail?.readings.complete).toBe(true);
    expect(detail?.readings.points.map(({ value, anomaly, key }) => [value, anomaly, key])).toEqual([
      [2, true, "bronze/x/first.csv"],
      [3, false, "bronze/second.csv"],
      [1, false, "bronze/x/first.csv"],
      [4, true, "silver/alone.csv"],
    ]);
    expect(detail?.rejects).toEqual([
      {
        ...{ key: "bronze/x/first.csv", line: 5, column: "value", reason: "value_invalid" },
        ...{ message: expect.stringContaining("decimal"), row: "2025-01-01T00:00:00Z,D,1_0,C,0.1" },
      },
    ]);
    expect(await lake.monitor.device("nobody")).toBeNull();
  });

  it("has at most 2,000 points, the newest of the newest batches, and says that these are not all", async () => {
    const lake = createClockedLake();
    for (let batch = 0; batch < 3; batch++) {
      lake.now = NOON + batch * MINUTE;
      const rows = Array.from({ length: 1500 }, (_, i) => reading("D", batch, { second: batch * 1500 + i }));
      await lake.ingest(`bronze/${batch}.csv`, HEADER + rows.join(""));
    }
    const readings = (await lake.monitor.device("D"))?.readings;
    expect(readings?.complete).toBe(false);
    expect(readings?.points).toHaveLength(2000);
    expect(readings?.points[0]).toMatchObject({ value: 1, time: new Date(NOON + 2500_000).toISOString() });
    expect(lake.reads.has("silver/0.csv")).toBe(false);
  });

  it("reads no more of silver than it may, and takes no part of a row for a row", async () => {
    const lake = createClockedLake();
    const wide = (i: number) => `2026-03-10T00:00:00Z,${i % 100 === 0 ? "D" : "E"},12345.5,${"x".repeat(1000)},0.1\n`;
    await lake.ingest("bronze/large.csv", HEADER + Array.from({ length: 20_000 }, (_, i) => wide(i)).join(""));
    const detail = await lake.monitor.device("D");
    expect(detail?.device.total_readings).toBe(200);
    expect(detail?.readings.complete).toBe(false);
    expect(detail?.readings.points.length).toBeGreaterThan(50);
    expect(detail?.readings.points.length).toBeLessThan(100);
    expect(detail?.readings.points.every(({ value }) => value === 12345.5)).toBe(true);
  });

  it("reads ids and columns with blanks around them as the stages do", async () => {
    const lake = createClockedLake();
    const rows = [
      [" D ", 1],
      ["D", 2],
      ['" D"', 3],
      ['"D"', 4],
    ].map(([id, value]) => `2026-03-10T00:00:00Z,${id}, ${value} ,C,0.1\n`);
    await lake.ingest("bronze/a.csv", `timestamp, device_id ,value,unit,"anomaly_score"\n${rows.join("")}`);
    const valuesOf = async (id: string) =>
      (await lake.monitor.device(id))?.readings.points.map(({ value }) => value).toSorted();
    expect(await valuesOf("D")).toEqual([1, 2, 4]);
    expect(await valuesOf(" D")).toEqual([3]);
  });

  it("judges silver that somebody put there by the threshold that its gold was judged by", async () => {
    const lake = createClockedLake();
    const settings = { ...DEFAULT_SETTINGS, anomalyThreshold: 0.9 };
    const rows = reading("D", 1, { second: 1, score: 0.8 }) + reading("D", 2, { second: 2, score: 0.95 });
    await put(lake.storage, "silver/alone.csv", HEADER + rows);
    await silverToGold({ storage: lake.storage, settings, code: "test" }, "silver/alone.csv");
    const { anomalyThreshold } = settings;
    const monitor = createMonitor({ storage: lake.storage, failures: null, now: () => lake.now, anomalyThreshold });
    const detail = await monitor.device("D");
    expect(detail?.device.anomaly_count).toBe(1);
    expect(detail?.readings.points.map(({ value, anomaly }) => [value, anomaly])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  it("tells what it can where silver has expired or is no CSV", async () => {
    const lake = createClockedLake();
    for (const name of ["a", "b", "c"]) await lake.ingest(`bronze/${name}.csv`, HEADER + reading("D", 1));
    await lake.storage.remove("silver/a.csv");
    await put(lake.storage, "silver/b.csv", `${HEADER}"2026-03-10T00:00:00Z",D,"1"x,C,0.1\n"`);
    const readings = (await lake.monitor.device("D"))?.readings;
    expect(readings).toMatchObject({ complete: false, points: [{ key: "bronze/c.csv" }] });
  });
});

describe("the detail of a batch", () => {
  it("has receipts, objects, rejects and devices, by any of its keys", async () => {
    const lake = createClockedLake();
    const bad = Array.from({ length: 120 }, () => `${"y".repeat(2000)}\n`).join("");
    await lake.ingest("bronze/x/a.csv", HEADER + reading("D", 1) + reading("E", 2, { score: 0.9 }) + bad);
    const detail = await lake.monitor.batch("bronze/x/a.csv");
    expect(detail?.functions).toMatchObject([
      {
        function: "bronzeToSilver",
        name: "vantageflow-process-iot",
        receipt: { outcome: "done", split: { rows: { rejects: 120 } } },
      },
      { function: "silverToGold", name: "vantageflow-silver-to-gold", receipt: { outcome: "done" } },
    ]);
    expect(detail?.objects.map(({ layer, key }) => [layer, key])).toEqual([
      ["bronze", "bronze/x/a.csv"],
      ["silver", "silver/x/a.csv"],
      ["anomalies", "anomalies/x/a.csv"],
      ["rejects", "anomalies/x/a.rejects.csv"],
      ["gold", "gold/x/a.csv"],
    ]);
    expect(detail?.objects.map(({ object }) => object?.sha256?.length ?? null)).toEqual([null, 64, 64, 64, 64]);
    expect(detail?.rejects.total).toBe(120);
    expect(detail?.rejects.rows).toHaveLength(100);
    expect(detail?.rejects.rows[0].row).toBe("y".repeat(1000));
    expect(detail?.devices).toMatchObject({
      total: 2,
      rows: [
        { device_id: "D", anomaly_percentage: 0 },
        { device_id: "E", anomaly_percentage: 100 },
      ],
    });
    for (const key of ["silver/x/a.csv", "anomalies/x/a.csv", "anomalies/x/a.rejects.csv", "gold/x/a.csv"]) {
      expect(await lake.monitor.batch(key)).toEqual(detail);
    }
  });

  it("shows what has failed with its dead letter, and nothing for what was never there", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/bad.csv", "nothing");
    expect(await lake.monitor.batch("gold/bad.csv")).toMatchObject({
      functions: [{ receipt: { outcome: "refused" } }, { receipt: null }],
      objects: [{ layer: "bronze" }, { object: null }, { object: null }, { object: null }, { object: null }],
      rejects: { total: 0, rows: [] },
      devices: { total: 0, rows: [] },
      dead_letters: [{ key: "bronze/bad.csv" }],
    });
    for (const key of [
      "bronze/none.csv",
      "",
      "/",
      "..",
      "bronze/../bronze/bad.csv",
      "bronze/back\\slash.csv",
      "gold/\u0000.csv",
    ]) {
      expect([key, await lake.monitor.batch(key)]).toEqual([key, null]);
    }
  });
});

describe("what is read of readings", () => {
  it("takes every timestamp of the data contract for the instant that it names", async () => {
    const lake = createClockedLake();
    const times = [
      ...["2024-01-01 10:00:00.000", " 2024-01-01T10:00Z", "2024-01-01T12:00:00.1239+02", "2024-01-01T12:30:00+0230"],
      ...["1704103200", "1704103200000"],
    ];
    await lake.ingest("bronze/a.csv", HEADER + times.map((time, i) => `${time},D,${i},C,0.1\n`).join(""));
    const points = (await lake.monitor.device("D"))?.readings.points ?? [];
    const timeOf = new Map(points.map(({ value, time }) => [value, time]));
    expect(times.map((_, i) => timeOf.get(i))).toEqual([
      "2024-01-01T10:00:00.000Z",
      "2024-01-01T10:00:00.000Z",
      "2024-01-01T10:00:00.123Z",
      "2024-01-01T10:00:00.000Z",
      "2024-01-01T10:00:00.000Z",
      "2024-01-01T10:00:00.000Z",
    ]);
  });

  it("finds a device in a row that is no row, and no other whose name begins so", () => {
    expect(namesDevice("2025,D-1,x", "D-1")).toBe(true);
    expect(namesDevice(' "D-1" ,broken"', "D-1")).toBe(true);
    expect(namesDevice('2025,"a,""b""",x', 'a,"b"')).toBe(true);
    expect(namesDevice("2025,D-10,x", "D-1")).toBe(false);
  });
});

describe("pages", () => {
  it("of devices find, sort and cut; what is no number of rows is the default", async () => {
    const lake = createClockedLake();
    const rows = ["b", "a", "C"].map((id, i) => `${id}-fab,${i + 1},1.0,1.0,1.0,${3 - i},0.0\n`);
    await put(lake.storage, "gold/a.csv", GOLD_HEADER + rows.join(""));
    expect(lake.monitor.devices({})).toEqual({ version: 1, total: 0, devices: [] });
    await lake.monitor.refresh();
    const ids = (query: Parameters<typeof lake.monitor.devices>[0]) =>
      lake.monitor
        .devices(query)
        .devices.map(({ device_id }) => device_id[0])
        .join("");
    expect(ids({})).toBe("Cab");
    expect(ids({ order: "desc" })).toBe("baC");
    expect(ids({ sort: "anomaly_count" })).toBe("Cab");
    expect(ids({ sort: "total_readings", order: "desc" })).toBe("Cab");
    expect(ids({ contains: "c-FAB" })).toBe("C");
    expect(ids({ limit: 1, offset: 1 })).toBe("a");
    for (const limit of [Number.NaN, Number.POSITIVE_INFINITY]) expect(ids({ limit, offset: Number.NaN })).toBe("Cab");
    expect(ids({ limit: -1 })).toBe("C");
    expect(lake.monitor.devices({ contains: "fab", limit: 1 }).total).toBe(3);
  });

  it("of batches are newest first, by part of a key and by outcome", async () => {
    const lake = createClockedLake();
    for (const name of ["a", "b", "c"]) {
      lake.now += MINUTE;
      await lake.receipt("bronzeToSilver", `${name}.csv`, { outcome: name === "b" ? "refused" : "done" });
    }
    await lake.monitor.refresh();
    const keys = (query: Parameters<typeof lake.monitor.batches>[0]) =>
      lake.monitor.batches(query).batches.map(({ key }) => key);
    expect(keys({})).toEqual(["bronze/c.csv", "bronze/b.csv", "bronze/a.csv"]);
    expect(keys({ outcome: "refused" })).toEqual(["bronze/b.csv"]);
    expect(keys({ contains: "/a" })).toEqual(["bronze/a.csv"]);
    expect(lake.monitor.batches({ limit: 1 })).toMatchObject({
      version: 1,
      total: 3,
      batches: [{ key: "bronze/c.csv" }],
    });
  });
});
