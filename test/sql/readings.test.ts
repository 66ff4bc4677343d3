import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { commitKey } from "../../src/tables/delta/names.ts";
import { put } from "../pipeline/lake.ts";
import { TABLE } from "../tables/table.ts";
import { ask, newFolder, SOURCES, tableLakeOf } from "./lake.ts";

const lake = tableLakeOf();

describe("readings", () => {
  it("have the types of the table, in its order, with the partition's day and carried columns", async () => {
    const { columns, rows, table } = await ask(
      (await lake).storage,
      "select * from readings order by timestamp, device_id, site",
    );
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "date DATE",
      "timestamp TIMESTAMP WITH TIME ZONE",
      "nanos INTEGER",
      "device_id VARCHAR",
      "value DOUBLE",
      "unit VARCHAR",
      "anomaly_score DOUBLE",
      "anomaly BOOLEAN",
      "batch VARCHAR",
      "site VARCHAR",
    ]);
    expect(rows).toHaveLength(11);
    expect(rows[3]).toEqual({
      date: "2025-01-01",
      timestamp: "2025-01-01T01:00:00.250Z",
      nanos: 0,
      device_id: "FAB-TEM-001",
      value: 40,
      unit: "C",
      anomaly_score: 0.9,
      anomaly: true,
      batch: "day-1.csv",
      site: null,
    });
    const sites = rows.map(({ site }) => site).filter((site) => site !== null);
    expect(sites.toSorted()).toEqual(["", "north", "south", "south"]);
    expect(table).toMatchObject({ files: 3, filesRead: 3 });
  });

  it("are as they were at a version and at a time", async () => {
    const { storage } = await lake;
    const count = async (at: { version: number } | { time: number }) =>
      (await ask(storage, "select count(*) as n from readings", { at })).rows[0].n;
    const { table } = await ask(storage, "select count(*) from readings");
    expect(table?.version).toBe(3);
    expect(await Promise.all([0, 1, 2, 3].map((version) => count({ version })))).toEqual([0, 5, 9, 11]);
    const time = (text: string) => ({ time: Date.parse(text) });
    expect(await count(time("2025-02-01T01:00:01Z"))).toBe(5);
    expect(await count(time("2025-02-01T02:59:59.999Z"))).toBe(9);
    expect(await count(time("2030-01-01T00:00:00Z"))).toBe(11);
    await expect(count({ version: 9 })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/no version 9.*history/),
    });
    await expect(count(time("2024-01-01T00:00:00Z"))).rejects.toThrow(/none at 2024-01-01.*begins with version 0/);
    const columns = async (at: { version: number }) =>
      (await ask(storage, "select * from readings", { at })).columns.length;
    expect([await columns({ version: 1 }), await columns({ version: 2 })]).toEqual([9, 10]);
  });

  it("are not there before the first sync, which the error says", async () => {
    await expect(ask(createMemoryStorage(), "select 1 from readings")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("vantageflow tables sync"),
    });
  });

  it("a file that the log names and is gone, or was cut, is named", async () => {
    const { storage, folder } = await tableLakeOf();
    const [name] = fs.readdirSync(join(folder, TABLE, "date=2025-01-03"));
    const file = `${TABLE}date=2025-01-03/${name}`;
    fs.truncateSync(join(folder, file), 100);
    await expect(ask(storage, "select count(*) from readings")).rejects.toThrow(
      `Cannot read "${file}": it has 100 bytes`,
    );
    fs.rmSync(join(folder, file));
    await expect(ask(storage, "select count(*) from readings")).rejects.toMatchObject({
      code: "table_damaged",
      key: file,
    });
    const { rows } = await ask(storage, "select count(*) as n from readings where date < date '2025-01-03'");
    expect(rows).toEqual([{ n: 9 }]);
  });

  it("are read from a lake whose name looks like a pattern", async () => {
    const { storage } = await tableLakeOf(SOURCES, newFolder("la[k]e*"));
    expect((await ask(storage, "select count(*) as n from readings")).rows).toEqual([{ n: 11 }]);
  });

  it("the day is the log's, also where another writer says another, or none", async () => {
    const { storage } = await tableLakeOf();
    const text = fs.readFileSync(join(storage.url, commitKey(TABLE, 3)), "utf8");
    const foreign = text
      .split("\n")
      .filter((line) => line.includes('"add"'))
      .map((line) => {
        const { add } = JSON.parse(line);
        return { remove: { path: add.path, dataChange: true, deletionTimestamp: 1 }, add };
      });
    expect(foreign).toHaveLength(1);
    const [{ remove, add }] = foreign;
    for (const [version, date] of [
      [4, "2031-05-05"],
      [5, null],
    ] as const) {
      // The same file under another name of the day: two actions for one path would be wrong in one commit.
      const path = `odd-${version}.parquet`;
      fs.copyFileSync(join(storage.url, TABLE, add.path), join(storage.url, TABLE, path));
      const gone = version === 4 ? remove.path : "odd-4.parquet";
      const actions = [
        { commitInfo: { timestamp: 1_800_000_000_000 + version } },
        { remove: { ...remove, path: gone } },
        { add: { ...add, path, partitionValues: { date } } },
      ];
      await put(storage, commitKey(TABLE, version), actions.map((one) => `${JSON.stringify(one)}\n`).join(""));
      const days = "select date, count(*) as n from readings group by date order by date nulls last";
      const { rows } = await ask(storage, days);
      expect(rows).toEqual([
        { date: "2025-01-01", n: 5 },
        { date: "2025-01-02", n: 4 },
        { date, n: 2 },
      ]);
      const known = "select count(*) as n from readings where date >= date '2031-01-01'";
      expect((await ask(storage, known)).rows).toEqual([{ n: date === null ? 0 : 2 }]);
    }
  });
});
