import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareTables } from "../../src/compare/tables.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { readChunks } from "../../src/storage/objects.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { compactReadings } from "../../src/tables/readings/compact.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { type Step, step, take } from "../tables/steps.ts";
import { rowsOfTable, syncContext } from "../tables/table.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const ALL = { prefix: "", limit: 1000 };

/** A batch of so many readings, one an hour. */
function csv(count: number, { from = 0, more = "" } = {}): string {
  const time = (i: number) => new Date(Date.parse("2025-01-01T00:00:00Z") + i * 3_600_000).toISOString();
  const rows = Array.from(
    { length: count },
    (_, i) => `${time(from + i)},D${(from + i) % 5},${from + i},C,0.1${more}\n`,
  );
  return `${more === "" ? HEADER : HEADER.replace("\n", ",note\n")}${rows.join("")}`;
}

/** A lake with these batches in silver and in its table; each brought in by itself where it is so said. */
async function lakeOf(batches: Record<string, string>, { apart = false } = {}): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  for (const [path, text] of Object.entries(batches)) {
    await put(storage, `silver/${path}`, text);
    if (apart) await syncReadings(syncContext(storage));
  }
  await syncReadings(syncContext(storage));
  return storage;
}

async function bytesOf(storage: LakeStorage, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(storage, key)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function copyOf(storage: LakeStorage): Promise<LakeStorage> {
  const copy = createMemoryStorage();
  for (const key of await keysOf(storage, "")) await put(copy, key, await bytesOf(storage, key));
  return copy;
}

/** What two lakes of texts differ in by batch, each text counted. */
function byBatch(a: readonly string[], b: readonly string[]) {
  const counts = new Map<string, number>();
  for (const row of a) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of b) counts.set(row, (counts.get(row) ?? 0) - 1);
  const batches = new Map<string, { batch: string; onlyInA: number; onlyInB: number }>();
  for (const [row, more] of counts) {
    if (more === 0) continue;
    const { batch } = JSON.parse(row) as { batch: string };
    const one = batches.get(batch) ?? { batch, onlyInA: 0, onlyInB: 0 };
    if (more > 0) one.onlyInA += more;
    else one.onlyInB -= more;
    batches.set(batch, one);
  }
  return [...batches.values()];
}

const sorted = <T extends { readonly batch: string }>(all: readonly T[]) =>
  all.toSorted((x, y) => (x.batch < y.batch ? -1 : 1));

describe("comparing tables", () => {
  it("says nothing where no lake has one", async () => {
    expect(await compareTables(createMemoryStorage(), createMemoryStorage(), ALL)).toBe(null);
  });

  it("finds the same rows the same, whatever files they are in and in whichever order they came", async () => {
    const batches = { "a.csv": csv(50), "b.csv": csv(50, { more: ",x" }), "c.csv": csv(30, { from: 20 }) };
    const a = await lakeOf(batches);
    const b = await lakeOf(Object.fromEntries(Object.entries(batches).reverse()), { apart: true });
    const same = { rows: { same: 130, onlyInA: 0, onlyInB: 0 }, batches: [], more: 0 };
    expect(await compareTables(a, b, ALL)).toMatchObject(same);
    await compactReadings(syncContext(b));
    expect(await compareTables(a, b, ALL)).toMatchObject(same);
  });

  it("knows columns that sources carry along by their names there, and not by the table's", async () => {
    const named = (name: string) => csv(3, { more: ",x" }).replace("note", name);
    const batches = { "a.csv": named("Note"), "b.csv": named("note") };
    const a = await lakeOf(batches, { apart: true });
    const b = await lakeOf({ "b.csv": batches["b.csv"], "a.csv": batches["a.csv"] }, { apart: true });
    expect(await compareTables(a, b, ALL)).toMatchObject({ rows: { same: 6, onlyInA: 0, onlyInB: 0 } });
    const other = await lakeOf({ "a.csv": named("note"), "b.csv": named("note") });
    expect((await compareTables(a, other, ALL))?.batches).toEqual([{ batch: "a.csv", onlyInA: 3, onlyInB: 3 }]);
  });

  it("tells which batches differ and in how many rows, as comparing all texts of rows does", async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 4 });
    let differing = 0;
    await fc.assert(
      fc.asyncProperty(steps, steps, steps, fc.constantFrom(1, 3, 250_000), async (before, inA, inB, kept) => {
        const a = createMemoryStorage();
        const run = async (storage: LakeStorage, all: readonly Step[]) => {
          for (const one of all) await take(storage, one);
          await syncReadings(syncContext(storage));
        };
        await run(a, before);
        const b = await copyOf(a);
        await run(a, inA);
        await run(b, inB);
        const [rowsA, rowsB] = [await rowsOfTable(a), await rowsOfTable(b)];
        const wanted = byBatch(rowsA, rowsB);
        const onlyInA = wanted.reduce((sum, one) => sum + one.onlyInA, 0);
        const onlyInB = wanted.reduce((sum, one) => sum + one.onlyInB, 0);
        const found = await compareTables(a, b, { ...ALL, kept });
        expect(found?.rows).toEqual({ same: rowsA.length - onlyInA, onlyInA, onlyInB });
        expect(sorted(found?.batches ?? [])).toEqual(sorted(wanted));
        if (wanted.length > 0) differing++;
      }),
      { numRuns: 40 },
    );
    expect(differing).toBeGreaterThan(5);
  });

  it("tells so many batches, and counts the rest; a prefix is one of their paths", async () => {
    const batches = (from: number) =>
      Object.fromEntries(["x/1.csv", "x/2.csv", "y/1.csv", "y/2.csv"].map((path) => [path, csv(4, { from })]));
    const [a, b] = [await lakeOf(batches(0)), await lakeOf(batches(1))];
    expect(await compareTables(a, b, { prefix: "", limit: 1 })).toMatchObject({
      rows: { same: 12, onlyInA: 4, onlyInB: 4 },
      batches: [{ batch: "x/1.csv", onlyInA: 1, onlyInB: 1 }],
      more: 3,
    });
    expect(await compareTables(a, b, { prefix: "y/", limit: 9 })).toMatchObject({
      rows: { same: 6, onlyInA: 2, onlyInB: 2 },
      batches: [{ batch: "y/1.csv" }, { batch: "y/2.csv" }],
    });
    const none = createMemoryStorage();
    expect(await compareTables(a, none, { prefix: "y/2", limit: 9 })).toMatchObject({
      ...{ b: null, rows: { same: 0, onlyInA: 4, onlyInB: 0 } },
      batches: [{ batch: "y/2.csv", onlyInA: 4, onlyInB: 0 }],
    });
  });

  it("counts the rows of a table that only one lake has by its log", async () => {
    const a = await lakeOf({ "a.csv": csv(9) });
    for (const key of await keysOf(a, "tables/readings/date=")) await put(a, key, "gone");
    const only = { rows: { same: 0, onlyInA: 9, onlyInB: 0 }, batches: [] };
    expect(await compareTables(a, createMemoryStorage(), ALL)).toMatchObject({ a: 1, b: null, ...only });
  });

  it("compares files that a copy has, too, by their bytes: a row that is another in one of them is seen", async () => {
    const a = await lakeOf({ "a.csv": csv(9), "b.csv": csv(9, { from: 500 }) });
    const b = await copyOf(a);
    expect(await compareTables(a, b, ALL)).toMatchObject({ rows: { same: 18, onlyInA: 0, onlyInB: 0 } });
    const other = await lakeOf({ "a.csv": csv(9).replaceAll(",C,", ",F,"), "b.csv": csv(9, { from: 500 }) });
    const [key] = await keysOf(b, "tables/readings/date=2025-01-01");
    const [theirs] = await keysOf(other, "tables/readings/date=2025-01-01");
    const bytes = await bytesOf(other, theirs);
    // The log says how long a file is.
    expect(bytes.length).toBe((await b.head(key))!.size);
    await put(b, key, bytes);
    expect((await compareTables(a, b, ALL))?.batches).toEqual([{ batch: "a.csv", onlyInA: 9, onlyInB: 9 }]);
  });

  it("a damaged file is named, and not taken for other rows", async () => {
    const a = await lakeOf({ "a.csv": csv(9) });
    const b = await lakeOf({ "a.csv": csv(9) });
    const [key] = await keysOf(b, "tables/readings/date=");
    await put(b, key, "x".repeat((await b.head(key))!.size));
    await expect(compareTables(a, b, ALL)).rejects.toMatchObject({ code: "table_damaged", key });
  });
});
