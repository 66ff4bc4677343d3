import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/pipeline/instant.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { TableColumns } from "../../src/tables/readings/columns.ts";
import { dropReadings } from "../../src/tables/readings/rebuild.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import type { PageQuery } from "../../src/tables/scan/nearest.ts";
import { compareReadings, cursorOf, type Position, positionOf } from "../../src/tables/scan/position.ts";
import { compareInstants, type TableReading } from "../../src/tables/scan/reading.ts";
import { createReadingsTable, type ReadingsTable } from "../../src/tables/scan/readings-table.ts";
import { put } from "../pipeline/lake.ts";
import { type Step, step, take } from "./steps.ts";
import { rowsOfTable, runAll, syncContext, TABLE } from "./table.ts";

/** Pages of readings, one behind the other, are the whole in its order, whatever becomes of the files meanwhile. */

type Asked = Pick<PageQuery, "device" | "from" | "to" | "direction" | "limit">;
const ALL: Asked = { device: null, from: null, to: null, direction: -1, limit: 100 };

/** All pages of a query, by cursors as the API hands them out; `between` is what somebody does after the n-th. */
async function pagesOf(
  table: ReadingsTable,
  asked: Asked,
  maxBytes = 1_000_000,
  between: (pages: number) => Promise<void> = async () => {},
): Promise<TableReading[]> {
  const found: TableReading[] = [];
  let after: Position | null = null;
  for (let pages = 1; ; pages++) {
    const page = await table.page({ ...asked, after, maxBytes });
    if (page === null) return found;
    expect(page.readings.length).toBeLessThanOrEqual(asked.limit);
    found.push(...page.readings);
    if (page.next === null) return found;
    after = positionOf(cursorOf(page.next, asked.direction), asked.direction);
    expect(after).toEqual(page.next);
    // A page may be empty, but not for ever.
    expect(pages).toBeLessThan(5000);
    await between(pages);
  }
}

/** In the form of `rowsOfTable`. */
async function textsOf(storage: LakeStorage, readings: readonly TableReading[]): Promise<string[]> {
  const snapshot = await readSnapshot(storage, TABLE);
  const { carried } = new TableColumns(snapshot?.metadata ?? null);
  const sources = new Map(carried.map(({ name, source }) => [name, source]));
  return readings.map(({ ms, nanos, device, value, unit, score, anomaly, batch, ...rest }) => {
    const time = new Date(ms).toISOString();
    const [date] = /^\d{4}-\d\d-\d\d/.exec(time) ?? [null];
    const more = Object.entries(rest.carried).map(([name, text]) => [sources.get(name), text]);
    const inYears = date === null || date.startsWith("0000") ? null : date;
    return JSON.stringify({
      date: inYears,
      time,
      nanos,
      device,
      value,
      unit,
      score,
      anomaly,
      batch,
      more: more.sort(),
    });
  });
}

function isAsked(text: string, { device, from, to }: Asked): boolean {
  const row = JSON.parse(text);
  const at = { ms: Date.parse(row.time), nanos: row.nanos };
  if (device !== null && row.device !== device) return false;
  return (from === null || compareInstants(at, from) >= 0) && (to === null || compareInstants(at, to) < 0);
}

function expectInOrder(readings: readonly TableReading[], { direction }: Asked): void {
  for (const [i, one] of readings.entries()) {
    if (i > 0) expect(direction * compareReadings(readings[i - 1], one)).toBeLessThanOrEqual(0);
  }
}

const instant: fc.Arbitrary<Instant> = fc.constantFrom(
  ...["2025-01-01T00:00:00Z", "2025-01-01T23:59:59.999Z", "2025-01-02T00:00:00Z", "1970-01-01T00:00:00Z"].flatMap(
    (text) => [0, 600_000, 999_999].map((nanos) => ({ ms: Date.parse(text), nanos })),
  ),
);
const asked: fc.Arbitrary<Asked> = fc.record({
  device: fc.constantFrom(null, null, "A", "é", "\u{1f600}", "\uffee", 'quo"ted', "nobody", ""),
  from: fc.option(instant, { freq: 2 }),
  to: fc.option(instant, { freq: 2 }),
  direction: fc.constantFrom(1 as const, -1 as const),
  limit: fc.integer({ min: 1, max: 7 }),
});
const history = fc.array(step, { minLength: 1, maxLength: 8 });

async function lakeAfter(steps: readonly Step[]): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  for (const one of steps) await take(storage, one);
  await syncReadings(syncContext(storage));
  return storage;
}

describe("readings of a table, page by page", () => {
  it("are all that is asked for, each once, in order, whatever the pages", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(asked, { minLength: 1, maxLength: 4 }), async (steps, queries) => {
        const storage = await lakeAfter(steps);
        const rows = await rowsOfTable(storage);
        for (const [i, query] of queries.entries()) {
          // The last one of little at a time: its pages end with the days.
          const table = createReadingsTable(storage, i === queries.length - 1 ? { rows: 1, files: 1 } : undefined);
          const readings = await pagesOf(table, query, 700);
          expectInOrder(readings, query);
          expect((await textsOf(storage, readings)).sort()).toEqual(rows.filter((row) => isAsked(row, query)));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("are the same where the files are others after every page", async () => {
    await fc.assert(
      fc.asyncProperty(history, asked, async (steps, query) => {
        const storage = await lakeAfter(steps);
        const rows = await rowsOfTable(storage);
        const readings = await pagesOf(createReadingsTable(storage), query, 1_000_000, async () => {
          await dropReadings(syncContext(storage));
          await syncReadings(syncContext(storage));
        });
        expectInOrder(readings, query);
        const expected = (await rowsOfTable(storage)).filter((row) => isAsked(row, query));
        // Made anew, the table has no rows any more of which silver is gone; here nothing was.
        expect(rows.filter((row) => isAsked(row, query))).toEqual(expected);
        expect((await textsOf(storage, readings)).sort()).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("that are there all the time come once, whatever else comes and goes between two pages", async () => {
    await fc.assert(
      fc.asyncProperty(history, history, asked, async (before, meanwhile, query) => {
        const storage = await lakeAfter(before);
        const kept = new Map<string, number>();
        const seen = new Map<string, number>();
        const note = (rows: readonly string[], first: boolean) => {
          const now = new Map<string, number>();
          for (const row of rows) now.set(row, (now.get(row) ?? 0) + 1);
          for (const [row, times] of now) seen.set(row, Math.max(seen.get(row) ?? 0, times));
          if (first) for (const [row, times] of now) kept.set(row, times);
          for (const [row, times] of kept) kept.set(row, Math.min(times, now.get(row) ?? 0));
        };
        note(await rowsOfTable(storage), true);
        const left = [...meanwhile];
        const readings = await pagesOf(createReadingsTable(storage), query, 1_000_000, async () => {
          const next = left.shift();
          if (next === undefined) return;
          await take(storage, next);
          await syncReadings(syncContext(storage));
          note(await rowsOfTable(storage), false);
        });
        expectInOrder(readings, query);
        const found = new Map<string, number>();
        for (const row of await textsOf(storage, readings)) found.set(row, (found.get(row) ?? 0) + 1);
        for (const [row, times] of kept)
          if (isAsked(row, query)) expect(found.get(row) ?? 0).toBeGreaterThanOrEqual(times);
        for (const [row, times] of found) expect(times).toBeLessThanOrEqual(seen.get(row) ?? 0);
      }),
      { numRuns: 100 },
    );
  });
});

const csvOf = (lines: readonly string[]) => `timestamp,device_id,value,unit,anomaly_score,note\n${lines.join("\n")}\n`;

describe("readings of a large table", () => {
  it("are those of a device or of all, beyond the rows of a group and of a page", async () => {
    const storage = createMemoryStorage();
    const start = Date.parse("2025-03-01T00:00:00Z");
    // Every device in every second, some seconds twice; two days and a half.
    const lines = Array.from({ length: 150_000 }, (_, i) => {
      const time = new Date(start + Math.floor(i / 7) * 10_000).toISOString();
      return `${time},dev-${i % 7},${i % 1000},C,${(i % 10) / 10},n${i % 3}`;
    });
    await put(storage, "bronze/large.csv", csvOf(lines));
    await runAll(storage);
    await syncReadings(syncContext(storage));
    const table = createReadingsTable(storage);
    const all = await rowsOfTable(storage);
    expect(all).toHaveLength(150_000);
    for (const device of ["dev-3", null, "dev-9"]) {
      const query = { ...ALL, device, limit: 1000 };
      const newest = (await table.page({ ...query, after: null, maxBytes: 1e6 }))?.readings ?? [];
      expectInOrder(newest, query);
      const wanted = all.filter((row) => isAsked(row, query));
      const times = wanted.map((row) => JSON.parse(row).time as string).sort();
      expect(newest.map(({ ms }) => new Date(ms).toISOString())).toEqual(times.slice(-1000).reverse());
    }
    const hour = { from: { ms: start + 90_000_000, nanos: 0 }, to: { ms: start + 93_600_000, nanos: 0 } };
    for (const query of [
      { ...ALL, ...hour, device: "dev-0" },
      { ...ALL, ...hour, direction: 1 as const },
    ]) {
      const readings = await pagesOf(table, { ...query, limit: 333 });
      expectInOrder(readings, query);
      expect((await textsOf(storage, readings)).sort()).toEqual(all.filter((row) => isAsked(row, query)));
    }
  });

  it("of one instant all, equal ones too, come once each", async () => {
    const storage = createMemoryStorage();
    const lines = Array.from({ length: 900 }, (_, i) => `1970-01-01T00:00:00Z,d${i % 3},${i % 5},C,0.1,`);
    await put(storage, "bronze/a.csv", csvOf(lines));
    await put(storage, "bronze/b.csv", csvOf(lines.slice(0, 100)));
    await runAll(storage);
    await syncReadings(syncContext(storage));
    const table = createReadingsTable(storage);
    for (const query of [
      { ...ALL, limit: 7 },
      { ...ALL, direction: 1 as const, limit: 250 },
      { ...ALL, device: "d1" },
    ]) {
      const readings = await pagesOf(table, query);
      expect((await textsOf(storage, readings)).sort()).toEqual(
        (await rowsOfTable(storage)).filter((row) => isAsked(row, query)),
      );
    }
  });

  it("come in pages of few where they are long", async () => {
    const storage = createMemoryStorage();
    const lines = Array.from(
      { length: 40 },
      (_, i) => `2025-01-01T00:00:${10 + i}Z,d,${i},C,0.1,${"x".repeat(10_000)}`,
    );
    await put(storage, "bronze/a.csv", csvOf(lines));
    await runAll(storage);
    await syncReadings(syncContext(storage));
    const table = createReadingsTable(storage);
    const page = await table.page({ ...ALL, after: null, maxBytes: 100_000 });
    expect(page?.readings.length).toBeGreaterThan(5);
    expect(page?.readings.length).toBeLessThan(11);
    expect((await table.page({ ...ALL, after: null, maxBytes: 1 }))?.readings).toHaveLength(1);
    expect((await pagesOf(table, ALL, 100_000)).map(({ value }) => value)).toEqual(
      Array.from({ length: 40 }, (_, i) => 39 - i),
    );
  });
});

describe("a cursor", () => {
  it("is a position for its own direction, and nothing else is one", () => {
    const last = { device: "é \ud83d", batch: "b", digest: "a".repeat(22), copies: 3 };
    for (const position of [
      { ms: -5, nanos: 999_999, last },
      { ms: 8.64e15, nanos: 0, last: null },
    ]) {
      const cursor = cursorOf(position, -1);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(positionOf(cursor, -1)).toEqual(position);
      expect(positionOf(cursor, 1)).toBeNull();
    }
    const made = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");
    const good = [1, -1, 5, 0, "d", "b", "a".repeat(22), 1];
    expect(positionOf(made(good), -1)).not.toBeNull();
    const wrong = [
      ...["", "x", "!", "W10=", made({}), made(null), made([]), made(good.slice(0, 5)), made([...good, 1])],
      ...good.flatMap((_, i) => [null, 1.5, -1, "x", {}, 1e300].map((one) => made(good.with(i, one as never)))),
      made(good.with(4, "d".repeat(129))),
      "A".repeat(100_000),
    ].filter((cursor) => !["d", "b"].some((name) => cursor === made(good.with(4, name).with(5, name))));
    const accepted = wrong.filter((cursor) => positionOf(cursor, -1) !== null);
    // A time of -1, and names that are "x", are as good as others.
    const fine = [good.with(1, -1), good.with(2, -1), good.with(4, "x"), good.with(5, "x")].map(made);
    expect(accepted.filter((cursor) => !fine.includes(cursor))).toEqual([]);
  });

  it("that somebody made up is no more than a place", async () => {
    const storage = createMemoryStorage();
    expect(await createReadingsTable(storage).page({ ...ALL, after: null, maxBytes: 1e6 })).toBeNull();
    await put(storage, "bronze/a.csv", csvOf(["2025-01-01T00:00:00Z,d,1,C,0.1,"]));
    await runAll(storage);
    await syncReadings(syncContext(storage));
    const table = createReadingsTable(storage);
    const last = { device: "zzz", batch: "", digest: "-".repeat(22), copies: Number.MAX_SAFE_INTEGER };
    for (const [after, count] of [
      [{ ms: Date.parse("2025-01-01"), nanos: 0, last }, 1],
      [{ ms: Date.parse("2025-01-01"), nanos: 0, last: null }, 0],
      [{ ms: -8.64e15, nanos: 0, last }, 0],
      [{ ms: 8.64e15, nanos: 999_999, last }, 1],
    ] as const) {
      expect((await table.page({ ...ALL, after, maxBytes: 1e6 }))?.readings).toHaveLength(count);
    }
  });
});
