import { describe, expect, it, vi } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import type { SyncContext } from "../../src/tables/readings/sync-types.ts";
import { put, textOf } from "../pipeline/lake.ts";
import { type ClockedLake, createClockedLake, HEADER, HOUR, MINUTE, NOON, reading, SECOND } from "./lake.ts";

/** The table as a look at the lake tells of it. The code of tables is loaded when a test makes one, for it loads Parquet's. */

const parquet = vi.hoisted(() => ({ loaded: 0 }));
vi.mock("hyparquet", (original) => {
  parquet.loaded++;
  return original();
});

const LOG = "tables/readings/_delta_log/";
const commit = (version: number) => `${LOG}${String(version).padStart(20, "0")}.json`;
let ids = 0;

function contextOf(lake: ClockedLake): SyncContext {
  const newId = () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`;
  return { storage: lake.storage, code: "test", now: () => lake.now, settings: DEFAULT_SETTINGS, newId };
}

async function sync(lake: ClockedLake): Promise<void> {
  const { syncReadings } = await import("../../src/tables/readings/sync.ts");
  await syncReadings(contextOf(lake));
}

const rowsOf = (count: number) =>
  HEADER + Array.from({ length: count }, (_, second) => reading("D", 1, { second })).join("");

describe("the table", () => {
  it("is nothing where nobody has made it, and none of Parquet's code is loaded for that", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", rowsOf(3));
    expect((await lake.monitor.refresh()).table).toBe(null);
    expect(parquet.loaded).toBe(0);
    // It is loaded for a table, so that the line above can fail.
    await sync(lake);
    expect((await lake.monitor.refresh()).table).not.toBe(null);
    expect(parquet.loaded).toBeGreaterThan(0);
  });

  it("says what there is, when it was committed, what is not in it yet, and since when", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", rowsOf(3));
    await sync(lake);
    const { table } = await lake.monitor.refresh();
    expect(table).toEqual({
      newest: { version: 1, committed: "2026-03-10T12:00:00.001Z", rows: 3, files: 1, bytes: expect.any(Number) },
      problem: null,
      lag: { batches: 0, complete: true, oldest_seconds: null },
    });
    lake.now = NOON + MINUTE;
    await lake.ingest("bronze/b.csv", rowsOf(2));
    await lake.ingest("bronze/a.csv", rowsOf(4));
    lake.now = NOON + 3 * MINUTE;
    await lake.ingest("bronze/c.csv", rowsOf(1));
    lake.now += 30 * SECOND;
    const { table: behind, health } = await lake.monitor.refresh();
    expect(behind).toEqual({ ...table, lag: { batches: 3, complete: true, oldest_seconds: 150 } });
    expect(health.verdict).toBe("healthy");
    await sync(lake);
    expect((await lake.monitor.refresh()).table).toMatchObject({
      newest: { version: 2, committed: "2026-03-10T12:03:30.000Z", rows: 7 },
      lag: { batches: 0, oldest_seconds: null },
    });
    await lake.storage.remove("silver/b.csv");
    await lake.storage.remove("anomalies/b.csv");
    const { table: over } = await lake.monitor.refresh();
    expect(over?.lag).toEqual({ batches: 1, complete: true, oldest_seconds: null });
  });

  it("is read once a version, its data files never; what is listed already is not listed again", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", rowsOf(3));
    await sync(lake);
    await lake.ingest("bronze/b.csv", rowsOf(3));
    lake.reads.clear();
    await lake.monitor.refresh();
    expect([...lake.reads].filter(([key]) => key.startsWith("tables/")).sort()).toEqual([
      [commit(0), 1],
      [commit(1), 1],
      [`${LOG}_last_checkpoint`, 1],
    ]);
    lake.reads.clear();
    lake.lists.length = 0;
    await lake.monitor.refresh();
    expect([...lake.reads.keys()].filter((key) => key.startsWith("tables/"))).toEqual([]);
    expect(lake.lists.filter((prefix) => /^(tables|silver|receipts)/.test(prefix)).sort()).toEqual([
      "receipts/",
      "silver/",
      "tables/detections/_delta_log/",
      LOG,
    ]);
    await sync(lake);
    expect((await lake.monitor.refresh()).table?.newest?.version).toBe(2);
  });

  it("says of rows whose silver has expired that they stay, and reads their receipts once", async () => {
    const lake = createClockedLake();
    lake.now = NOON - 60 * 24 * HOUR;
    await lake.ingest("bronze/old.csv", rowsOf(2));
    // A receipt that is much younger than its silver: only it itself says that the silver has expired.
    lake.now = NOON - HOUR;
    await sync(lake);
    lake.now = NOON;
    for (const layer of ["silver", "anomalies"]) await lake.storage.remove(`${layer}/old.csv`);
    lake.reads.clear();
    for (let look = 0; look < 3; look++) {
      expect((await lake.monitor.refresh()).table).toMatchObject({ newest: { rows: 2 }, lag: { batches: 0 } });
    }
    const read = [...lake.reads].filter(([key]) => key.startsWith("receipts/vantageflow-tables/"));
    expect(read.map(([, times]) => times)).toEqual([1]);
  });

  it("that is made anew, or goes, is seen", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", rowsOf(3));
    await sync(lake);
    expect((await lake.monitor.refresh()).table?.newest?.rows).toBe(3);
    const { dropReadings } = await import("../../src/tables/readings/rebuild.ts");
    await dropReadings(contextOf(lake));
    expect((await lake.monitor.refresh()).table).toBe(null);
    await lake.ingest("bronze/a.csv", rowsOf(5));
    await sync(lake);
    expect((await lake.monitor.refresh()).table?.newest).toMatchObject({ version: 1, rows: 5 });
  });

  it("whose newest version is a checkpoint alone was committed when that commit was written", async () => {
    const lake = createClockedLake();
    await sync(lake);
    for (let batch = 0; batch < 21; batch++) {
      lake.now += MINUTE;
      await lake.ingest(`bronze/${batch}.csv`, rowsOf(1));
      await sync(lake);
      const { table, time } = await lake.monitor.refresh();
      expect(table?.newest).toMatchObject({ version: batch + 1, committed: time, rows: batch + 1 });
    }
    const hint = JSON.parse((await textOf(lake.storage, `${LOG}_last_checkpoint`)) ?? "{}");
    expect(hint.version).toBe(19);
  });

  it("that cannot be read degrades the lake, and nothing else of the look fails", async () => {
    const lake = createClockedLake();
    await lake.ingest("bronze/a.csv", rowsOf(3));
    await sync(lake);
    await lake.ingest("bronze/b.csv", rowsOf(3));
    await put(lake.storage, commit(1), "{");
    const { table, health, devices } = await lake.monitor.refresh();
    expect(table).toMatchObject({ newest: null, problem: expect.stringContaining(commit(1)), lag: { batches: 1 } });
    expect(health).toMatchObject({ verdict: "degraded", reasons: [{ code: "table_unreadable" }] });
    expect(devices.total).toBe(1);
  });
});
