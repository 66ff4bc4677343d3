import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import { reportCsv } from "../../src/report/csv.ts";
import { type GoldFilter, readGold } from "../../src/report/gold.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";

const HEADER = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage\n";

async function lakeOf(files: Record<string, string>) {
  const storage = createMemoryStorage();
  for (const [name, content] of Object.entries(files)) {
    const writer = await storage.create(`gold/${name}`);
    await writer.write(Buffer.from(content));
    await writer.commit();
  }
  return storage;
}

const report = async (files: Record<string, string>, filter: GoldFilter = {}) =>
  (await readGold(await lakeOf(files), filter)).devices;

describe("readGold", () => {
  it("adds counts exactly and weighs averages by their readings, in any order of the batches", async () => {
    const batch = fc.record({
      total: fc.integer({ min: 1, max: 1_000_000 }),
      average: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 12 }), async (batches) => {
        const lines = batches.map(({ total, average, part }) => {
          const anomalies = Math.floor(part * total);
          return {
            total,
            average,
            anomalies,
            row: `D,${total},${average},${average - 1},${average + 1},${anomalies},0.0\n`,
          };
        });
        const [device] = await report(Object.fromEntries(lines.map(({ row }, i) => [`${i}.csv`, HEADER + row])));
        const sum = (of: (line: (typeof lines)[number]) => number) => lines.reduce((all, line) => all + of(line), 0);
        const readings = sum(({ total }) => total);
        const anomalies = sum((line) => line.anomalies);
        expect(device).toMatchObject({
          device_id: "D",
          batches: batches.length,
          total_readings: readings,
          min_value: Math.min(...lines.map(({ average }) => average - 1)),
          max_value: Math.max(...lines.map(({ average }) => average + 1)),
          anomaly_count: anomalies,
        });
        expect(device.avg_value).toBeCloseTo(
          sum((line) => (line.average * line.total) / readings),
          6,
        );
        expect(Math.abs(device.anomaly_percentage - (100 * anomalies) / readings)).toBeLessThanOrEqual(0.05 + 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it("reports of a device that is always the same its value, over however many batches", async () => {
    const value = fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 0, max: 4 }));
    await fc.assert(
      fc.asyncProperty(
        value,
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 30 }),
        async ([digits, places], totals) => {
          const same = `${Number(`${digits}e-${places}`)}`;
          const rows = totals.map((total, i) => [`${i}.csv`, `${HEADER}D,${total},${same},${same},${same},0,0.0\n`]);
          const [device] = await report(Object.fromEntries(rows));
          expect(device.avg_value).toBe(Number(same));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("takes an average of before, a last digit above the maximum, for what it was meant to be", async () => {
    const [device] = await report({ "a.csv": `${HEADER}D,5,0.22000000000000003,0.22,0.22,0,0.0\n` });
    expect(device.avg_value).toBe(0.22);
  });

  it("loses nothing where large and small averages meet", async () => {
    const [device] = await report({
      "a.csv": `${HEADER}D,1,1e16,1e16,1e16,0,0.0\n`,
      "b.csv": `${HEADER}D,1,1.0,1.0,1.0,0,0.0\n`,
      "c.csv": `${HEADER}D,1,-1e16,-1e16,-1e16,0,0.0\n`,
    });
    expect(device.avg_value).toBe(1 / 3);
  });

  it("gives devices in the order of their ids' bytes", async () => {
    const ids = ["a", "Z", "é", "\u{1f600}", "\uffee", "_"];
    const devices = await report({ "a.csv": HEADER + ids.map((id) => `${id},1,1.0,1.0,1.0,0,0.0\n`).join("") });
    expect(devices.map(({ device_id }) => device_id)).toEqual(
      ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
  });

  it("reads gold without devices, and no object that is none of gold's", async () => {
    expect(await report({ "a.csv": HEADER, "notes.txt": "not gold" })).toEqual([]);
  });

  it("says which objects cannot be read, counts none of their rows, and merges all others", async () => {
    const good = "D,1,1.0,1.0,1.0,0,0.0\n";
    const broken = ['"unclosed,1,2\n', "D,1,1.0\n", "D,x,1.0,1.0,1.0,0,0.0\n", "D,0,1.0,1.0,1.0,0,0.0\n"];
    const strange = ["D,1,,1.0,1.0,0,0.0\n", "D,1,1e101,1.0,1.0,0,0.0\n", "D,1.5,1.0,1.0,1.0,0,0.0\n"];
    for (const row of [...broken, ...strange]) {
      const storage = await lakeOf({ "a.csv": HEADER + good + row, "b.csv": HEADER + good, "c.csv": "no gold\n" });
      const { devices, failed } = await readGold(storage, {});
      expect([row, devices.map(({ device_id, batches }) => [device_id, batches])]).toEqual([row, [["D", 1]]]);
      expect(failed).toEqual(
        ["gold/a.csv", "gold/c.csv"].map((key) => ({ key, message: expect.stringContaining(`"${key}"`) })),
      );
    }
  });

  it("whatever a store says of one object stops no other; what was removed meanwhile is no failure", async () => {
    const storage = await lakeOf({ "a.csv": HEADER, "b.csv": `${HEADER}D,1,1.0,1.0,1.0,0,0.0\n` });
    for (const [error, failed] of [
      [new VantageflowError("not_found", "gone"), []],
      [new VantageflowError("storage_failed", "EACCES"), [{ key: "gold/a.csv", message: "EACCES" }]],
      [new VantageflowError("key_invalid", "backslash"), [{ key: "gold/a.csv", message: "backslash" }]],
    ] as const) {
      const read = (key: string) => (key === "gold/a.csv" ? Promise.reject(error) : storage.read(key));
      const result = await readGold({ ...storage, read }, {});
      expect([result.devices.length, result.failed]).toEqual([1, failed]);
    }
  });
});

describe("reportCsv", () => {
  it("reads back as it was, also where a spreadsheet would take it for a formula", async () => {
    const id = fc.string({
      unit: fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", ",", '"', "a", " "),
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(id, async (device_id) => {
        const zero = { batches: 1, total_readings: 1, avg_value: -1.5, min_value: -1.5, max_value: 0 };
        const csv = await reportCsv([{ device_id, ...zero, anomaly_count: 0, anomaly_percentage: 0 }]);
        const rows: string[][] = parse(csv);
        expect(rows).toHaveLength(2);
        expect(rows[1][0]).toBe(device_id);
        expect(rows[1].slice(1)).toEqual(["1", "1", "-1.5", "-1.5", "0", "0", "0"]);
      }),
      { numRuns: 300 },
    );
  });

  it("has a header even without devices", async () => {
    expect(parse(await reportCsv([]))[0]).toHaveLength(8);
  });
});
