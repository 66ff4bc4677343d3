import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import type { Bucket, BucketQuery } from "../../src/tables/scan/buckets.ts";
import { createReadingsTable } from "../../src/tables/scan/readings-table.ts";
import { put } from "../pipeline/lake.ts";
import { rowsOfTable, syncContext } from "./table.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse("2025-01-01T00:00:00Z");
const HOURLY = { spanMs: DAY, bucketMs: HOUR };

/** A table of these files, each brought in by itself. */
async function tableOf(...files: string[]): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  for (const [i, rows] of files.entries()) {
    await put(storage, `silver/${i}.csv`, HEADER + rows);
    await syncReadings(syncContext(storage));
  }
  return storage;
}

function rowOf(ms: number, device: string, value: number, score = 0.1, digits = ""): string {
  const time = new Date(ms).toISOString().replace("Z", `${digits}Z`);
  return `${time},${device},${value},C,${score}\n`;
}

/** What the rows of the table, read one by one, come to. */
async function plainBuckets(storage: LakeStorage, { device, to, spanMs, bucketMs }: BucketQuery) {
  const rows = (await rowsOfTable(storage))
    .map((row) => JSON.parse(row) as { time: string; nanos: number; device: string; value: number; anomaly: boolean })
    .map((row) => ({ ...row, ms: Date.parse(row.time) }))
    .filter((row) => row.device === device)
    .filter(({ ms, nanos }) => to === null || ms < to.ms || (ms === to.ms && nanos < to.nanos));
  if (rows.length === 0) return { span: null, buckets: [] };
  const newest = Math.max(...rows.map(({ ms }) => ms));
  const end = newest - (newest % bucketMs) + bucketMs;
  const buckets: Bucket[] = [];
  for (let ms = end - spanMs; ms < end; ms += bucketMs) {
    const inside = rows.filter((row) => row.ms >= ms && row.ms < ms + bucketMs);
    const of = (some: typeof rows) => {
      const values = some.map(({ value }) => value);
      return { count: some.length, min: Math.min(...values), max: Math.max(...values) };
    };
    const odd = inside.filter(({ anomaly }) => anomaly);
    if (inside.length > 0) buckets.push({ ms, all: of(inside), anomalies: odd.length === 0 ? null : of(odd) });
  }
  return { span: { from: end - spanMs, to: end }, buckets };
}

describe("the buckets of a device", () => {
  it("are what its rows come to, whatever files they are in, to a time in nanoseconds", async () => {
    const at = fc.oneof(fc.integer({ min: 0, max: 4 * 24 * 4 }), fc.constantFrom(350, 352, 360));
    const one = fc.record({
      at,
      device: fc.constantFrom("A", "B", "é"),
      value: fc.integer({ min: -50, max: 50 }),
      score: fc.constantFrom(0.1, 0.9),
      digits: fc.constantFrom("", "000001", "999999"),
    });
    const files = fc.array(fc.array(one, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 });
    const to = fc.option(fc.record({ at, nanos: fc.constantFrom(0, 1, 2) }));
    const span = fc.constantFrom(HOURLY, { spanMs: 2 * DAY, bucketMs: 2 * HOUR }, { spanMs: HOUR, bucketMs: HOUR });
    await fc.assert(
      fc.asyncProperty(files, to, span, fc.boolean(), async (made, to, span, isMerged) => {
        const msOf = (at: number) => START + (at * HOUR) / 4;
        const storage = await tableOf(
          ...made.map((rows) => rows.map((r) => rowOf(msOf(r.at), r.device, r.value, r.score, r.digits)).join("")),
        );
        if (isMerged) await compactReadings(syncContext(storage));
        const table = createReadingsTable(storage);
        for (const device of ["A", "é", "nobody"]) {
          const query = { device, to: to === null ? null : { ms: msOf(to.at), nanos: to.nanos }, ...span };
          const { version, ...found } = (await table.buckets(query))!;
          expect(found).toEqual({ ...(await plainBuckets(storage, query)), complete: true });
        }
      }),
      { numRuns: 25 },
    );
  });

  it("of dense readings are no more than are asked for, and all readings are in them", async () => {
    const count = 100_000;
    const rows = Array.from({ length: count }, (_, i) => rowOf(START + (i * DAY) / count, i % 2 === 0 ? "A" : "B", i));
    const table = createReadingsTable(await tableOf(rows.join("")));
    const { buckets } = (await table.buckets({ device: "A", to: null, spanMs: DAY, bucketMs: DAY / 480 }))!;
    expect(buckets.length).toBe(480);
    expect(buckets.reduce((sum, { all }) => sum + all.count, 0)).toBe(count / 2);
    expect([buckets[0].all.min, buckets[479].all.max]).toEqual([0, count - 2]);
  });

  it("begin later where there is more than is looked at, with whole days, and it is said", async () => {
    const days = [0, 1, 2, 3].map((day) => rowOf(START + day * DAY + HOUR, "A", day));
    const storage = await tableOf(...days);
    const table = createReadingsTable(storage, { rows: 1000, files: 2 });
    const { span, complete, buckets } = (await table.buckets({
      device: "A",
      to: null,
      spanMs: 7 * DAY,
      bucketMs: DAY,
    }))!;
    expect([span, complete]).toEqual([{ from: START + 2 * DAY, to: START + 4 * DAY }, false]);
    expect(buckets.map(({ all }) => all.max)).toEqual([2, 3]);
    const whole = (await table.buckets({ device: "A", to: null, spanMs: 2 * DAY, bucketMs: DAY }))!;
    expect(whole).toMatchObject({ complete: true, span: { from: START + 2 * DAY } });
  });

  it("are nothing where there is no table, and none of a device without a reading", async () => {
    const query = { device: "A", to: null, ...HOURLY };
    expect(await createReadingsTable(createMemoryStorage()).buckets(query)).toBe(null);
    const table = createReadingsTable(await tableOf(rowOf(START, "B", 1)));
    expect(await table.buckets(query)).toEqual({ span: null, complete: true, buckets: [], version: 1 });
  });
});
