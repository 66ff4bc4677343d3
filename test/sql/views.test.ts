import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { put } from "../pipeline/lake.ts";
import { ask, lakeOf, tableLakeOf } from "./lake.ts";

const lake = lakeOf();
const typesOf = async (view: string) => {
  const { columns } = await ask((await lake).storage, `select * from ${view} limit 0`);
  return Object.fromEntries(columns.map(({ name, type }) => [name, type]));
};

describe("the views beside the table", () => {
  it("gold has its rows as they are, with the batch of each", async () => {
    const { rows } = await ask((await lake).storage, "select * exclude (written) from gold order by batch, device_id");
    expect(rows).toHaveLength(6);
    expect(rows[1]).toEqual({
      batch: "day-1.csv",
      device_id: "FAB-TEM-001",
      total_readings: 3,
      avg_value: 27,
      min_value: 20,
      max_value: 40,
      anomaly_count: 1,
      anomaly_percentage: 33.3,
    });
  });

  it("rejects have line, offset, reason and the row as it was", async () => {
    const { rows } = await ask((await lake).storage, "select * from rejects");
    expect(rows).toEqual([
      {
        batch: "day-2.csv",
        line: 6,
        byte_offset: expect.any(Number),
        field: "value",
        reason: "value_invalid",
        message: expect.any(String),
        row: "2025-01-02T00:00:09Z,FAB-VIB-001,1_0,mm/s,0.1,south",
        file: "anomalies/day-2.rejects.csv",
      },
    ]);
  });

  it("batches have a row for each step", async () => {
    const sql = "select batch, step, outcome, rows_in, rows_rejected, source from batches order by batch, step";
    const { rows } = await ask((await lake).storage, sql);
    expect(rows.map(({ batch, step }) => `${batch} ${step}`)).toEqual(
      ["day-1.csv", "day-2.csv", "day-3.csv"].flatMap((batch) => [`${batch} gold`, `${batch} silver`]),
    );
    expect(rows[3]).toMatchObject({ outcome: "done", rows_in: 5, rows_rejected: 1, source: "bronze/day-2.csv" });
    const { storage } = await tableLakeOf();
    const { rows: synced } = await ask(storage, "select count(*) as n from batches where step = 'table'");
    expect(synced).toEqual([{ n: 3 }]);
  });

  it("dead letters say what has become of them", async () => {
    const { storage } = await lakeOf({ "broken.csv": "no,header\n1,2\n" });
    const { rows } = await ask(storage, "select batch, source, code, state, open from dead_letters");
    expect(rows).toEqual([
      { batch: "broken.csv", source: "bronze/broken.csv", code: "columns_missing", state: "open", open: true },
    ]);
  });

  it("have the same types, whatever is in them and when nothing is", async () => {
    expect(await typesOf("gold")).toMatchObject({
      total_readings: "BIGINT",
      avg_value: "DOUBLE",
      device_id: "VARCHAR",
    });
    expect(await typesOf("rejects")).toMatchObject({ line: "BIGINT", row: "VARCHAR" });
    expect(await typesOf("batches")).toMatchObject({ started: "TIMESTAMP WITH TIME ZONE", rows_in: "BIGINT" });
    expect(await typesOf("dead_letters")).toMatchObject({ time: "TIMESTAMP WITH TIME ZONE", open: "BOOLEAN" });
    const empty = createMemoryStorage();
    for (const view of ["gold", "rejects", "batches", "dead_letters"]) {
      const { columns, rows } = await ask(empty, `select * from ${view}`);
      expect(rows).toEqual([]);
      expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual(await typesOf(view));
    }
  });

  it("are read only where a query names them, and each object by itself: what is none is told", async () => {
    const { storage } = await lakeOf();
    await put(storage, "gold/odd.csv", "not,gold\n");
    await put(storage, "anomalies/odd.rejects.csv", "not,rejects\n");
    await put(storage, "receipts/vantageflow-process-iot/odd.csv/token.json", "{}");
    const odd = async (sql: string) => (await ask(storage, sql)).odd;
    expect(await odd("select 1")).toEqual([]);
    expect(await odd("select count(*) from gold")).toEqual(["gold/odd.csv"]);
    expect(await odd("select count(*) from (select * from REJECTS)")).toEqual(["anomalies/odd.rejects.csv"]);
    expect(await odd("with b as (from batches) select 1 where exists (from b)")).toHaveLength(1);
    expect(await odd("describe gold")).toEqual([]);
    const { rows } = await ask(storage, "select count(*) as n from gold");
    expect(rows).toEqual([{ n: 6 }]);
  });

  it("are all named by show tables", async () => {
    const { storage } = await tableLakeOf();
    const { rows } = await ask(storage, "show tables");
    expect(rows.map(({ name }) => name)).toEqual([
      "batches",
      "dead_letters",
      "detections",
      "gold",
      "readings",
      "rejects",
    ]);
  });
});
