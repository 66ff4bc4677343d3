import fc from "fast-check";
import { writeToString } from "fast-csv";
import { describe, expect, it } from "vitest";
import { comparePairs, planComparison, prefixesOf } from "../../src/compare/lakes.ts";
import { pairObjects } from "../../src/compare/objects.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { keysOf, put } from "../pipeline/lake.ts";

const KEY = "silver/b.csv";
const HEADER = "timestamp,device_id,value\n";
const rowsOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `2025-01-01T00:00:00.${from + i}Z,D${(from + i) % 7},${from + i}\n`);

async function lakeOf(objects: Record<string, string | Uint8Array>): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  for (const [key, content] of Object.entries(objects)) await put(storage, key, content);
  return storage;
}

async function compare(a: LakeStorage, b: LakeStorage, limit = 20, maxRowBytes = 1 << 20) {
  const options = { limit, maxRowBytes, concurrency: 2 };
  const { pairs } = await planComparison(a, b, undefined);
  return comparePairs(a, b, pairs, options);
}

/** What two contents of one object differ in. */
async function csvOf(a: string | Uint8Array, b: string | Uint8Array, { key = KEY, limit = 20 } = {}) {
  const { different } = await compare(await lakeOf({ [key]: a }), await lakeOf({ [key]: b }), limit);
  return different[0]?.csv ?? null;
}

describe("comparing rows", () => {
  it("names a changed cell by line, column and both values, with quoted line breaks before it counted", async () => {
    const note = '2025-01-01T00:00:00Z,"a ""b""\nc",1\n';
    const csv = await csvOf(`${HEADER}\n${note}x,D,1\n`, `${HEADER}\n${note}x,D,2\n`);
    expect(csv?.rows).toEqual({ same: 1, rewritten: 0, changed: 1, onlyInA: 0, onlyInB: 0 });
    expect(csv?.cells).toEqual([{ line: 5, lineB: 5, column: "value", a: "1", b: "2" }]);
  });

  it("finds the place again after rows were inserted, removed, or both, up to the window", async () => {
    const all = rowsOf(4000);
    for (const removed of [1, 2, 50, 900]) {
      const without = [...all.slice(0, 1000), ...all.slice(1000 + removed)];
      const [shorter, longer] = [HEADER + without.join(""), HEADER + all.join("")];
      expect((await csvOf(shorter, longer))?.rows).toEqual({
        same: 4000 - removed,
        rewritten: 0,
        changed: 0,
        onlyInA: 0,
        onlyInB: removed,
      });
      expect((await csvOf(longer, shorter))?.rows).toMatchObject({ same: 4000 - removed, onlyInA: removed });
    }
    const mixed = [...all];
    mixed[3] = "x,D,1\n";
    mixed.splice(10, 1);
    mixed.splice(500, 0, "new,D,1\n", "new,D,2\n");
    const csv = await csvOf(HEADER + all.join(""), HEADER + mixed.join(""));
    expect(csv?.rows).toEqual({ same: 3998, rewritten: 0, changed: 1, onlyInA: 1, onlyInB: 2 });
    expect(csv?.lines.map(({ side, line }) => `${side} ${line}`)).toEqual(["a 12", "b 502", "b 503"]);
  });

  it("tells missing, added and reordered columns as such, and compares the others by name", async () => {
    const a = "timestamp,device_id,value,unit\nt1,D1,1,C\nt2,D2,2,C\n";
    const b = "value,device_id,extra,timestamp\n1,D1,x,t1\n3,D2,y,t2\n";
    const csv = await csvOf(a, b);
    expect(csv?.columns).toMatchObject({ onlyInA: ["unit"], onlyInB: ["extra"], reordered: true });
    expect(csv?.rows).toMatchObject({ same: 1, changed: 1 });
    expect(csv?.cells).toEqual([{ line: 3, lineB: 3, column: "value", a: "2", b: "3" }]);
  });

  it("tells at most so many differences of an object, and counts the rest", async () => {
    const changed = rowsOf(100).map((row) => row.replace(",D", ",E"));
    const csv = await csvOf(HEADER + rowsOf(100).join(""), HEADER + changed.join(""), { limit: 7 });
    expect([csv?.cells.length, csv?.more, csv?.rows.changed]).toEqual([7, 93, 100]);
  });

  it("keeps bytes that are no UTF-8 apart, and survives what is no CSV", async () => {
    const bytes = (last: number) => Buffer.concat([Buffer.from(`${HEADER}x,D,`), Buffer.from([last, 10])]);
    expect((await csvOf(bytes(0xff), bytes(0xfe)))?.rows).toMatchObject({ same: 0 });
    expect((await csvOf(`${HEADER}a,"b\nc`, `${HEADER}a,"b\nd`))?.rows).toMatchObject({ changed: 1 });
    expect((await csvOf("", HEADER))?.columns.onlyInB).toEqual(["timestamp", "device_id", "value"]);
    const extra = await csvOf(`${HEADER}a,b,c,d,e\n`, `${HEADER}a,b,c,d,f\n`);
    expect(extra?.cells).toEqual([{ line: 2, lineB: 2, column: "#5", a: "e", b: "f" }]);
  });

  it("rows that only are written differently are no differences of cells, but the object differs", async () => {
    const quotes = await csvOf(`${HEADER}x,D,1\n`, `${HEADER}x,"D",1\n`);
    expect([quotes?.rows, quotes?.cells]).toEqual([{ same: 0, rewritten: 1, changed: 0, onlyInA: 0, onlyInB: 0 }, []]);
    const ends = await csvOf(`${HEADER}x,D,1\ny,D,1\n`, `\ufeff${HEADER.trim()}\r\nx,D,1\r\n\r\ny,D,1`);
    expect([ends?.rows.same, ends?.columns.onlyInA]).toEqual([2, []]);
  });

  it("a row longer than the limit is compared by bytes: memory stays bounded", async () => {
    const long = `${HEADER}x,"${"y".repeat(600_000)}`;
    const [a, b] = [await lakeOf({ [KEY]: `${long}1` }), await lakeOf({ [KEY]: `${long}2` })];
    const { different } = await compare(a, b, 20, 1000);
    expect(different).toEqual([
      { key: KEY, a: long.length + 1, b: long.length + 1, csv: null, firstByte: long.length },
    ]);
  });

  it("accounts for every row of both sides, whatever they are", async () => {
    const row = fc.constantFrom("a,1\n", "b,2\n", "c,3\n", '"d\ne",4\n', "f,5\n", "g,6\n");
    const file = fc.array(row, { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(file, file, async (a, b) => {
        const csv = await csvOf(`k,v\n${a.join("")}`, `k,v\n${b.join("")}`, { limit: 1000 });
        if (csv === null) {
          expect(a.join("")).toBe(b.join(""));
          return;
        }
        const { same, changed, onlyInA, onlyInB } = csv.rows;
        expect([same + changed + onlyInA, same + changed + onlyInB]).toEqual([a.length, b.length]);
        expect(changed + onlyInA + onlyInB).toBeGreaterThan(0);
        expect(csv.lines.length).toBe(onlyInA + onlyInB);
      }),
      { numRuns: 300 },
    );
  });

  it("finds exactly the cells that were changed, however they are written", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "ü", " "), minLength: 1, maxLength: 4 });
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(table, fc.nat(), fc.nat(2), async (cells, at, column) => {
        // A number in every row keeps rows apart.
        const rows = cells.map((row, i) => [String(i), ...row]);
        const edited = rows.map((row) => [...row]);
        edited[at % rows.length][column + 1] += "!";
        const written = (all: string[][]) => writeToString([["n", "x", "y", "z"], ...all], { quoteColumns: true });
        const csv = await csvOf(await written(rows), await written(edited));
        expect(csv?.cells).toMatchObject([
          { column: "xyz"[column], a: rows[at % rows.length][column + 1], b: edited[at % rows.length][column + 1] },
        ]);
      }),
    );
  });
});

describe("comparing gold", () => {
  const GOLD_HEADER = "device_id,total_readings,avg_value\n";

  it("matches rows by device, wherever they stand, with the numeric difference", async () => {
    const a = `${GOLD_HEADER}A,1,20.5\nB,2,30.0\nC,3,1.0\n`;
    const b = `${GOLD_HEADER}D,1,1.0\nB,2,30.25\nA,1,20.5\n`;
    const csv = await csvOf(a, b, { key: "gold/b.csv" });
    expect(csv?.rows).toEqual({ same: 1, rewritten: 0, changed: 1, onlyInA: 1, onlyInB: 1 });
    expect(csv?.cells).toEqual([
      { line: 3, lineB: 3, column: "avg_value", a: "30.0", b: "30.25", deviceId: "B", difference: 0.25 },
    ]);
    expect(csv?.lines.map(({ side, text }) => `${side} ${text}`)).toEqual(["b D,1,1.0", "a C,3,1.0"]);
  });

  it("a device that is there twice is matched in turn", async () => {
    const csv = await csvOf(`${GOLD_HEADER}A,1,1\nA,2,2\n`, `${GOLD_HEADER}A,1,1\nA,2,3\n`, { key: "gold/b.csv" });
    expect(csv?.rows).toMatchObject({ same: 1, changed: 1, onlyInA: 0, onlyInB: 0 });
  });
});

describe("comparing lakes", () => {
  it("pairs two listings by key, once each, in order", async () => {
    const keys = fc.uniqueArray(fc.constantFrom("a", "a/b", "a.csv", "a.csv/b", "ü", "\u{1f600}", "\uffee", "z"));
    await fc.assert(
      fc.asyncProperty(keys, keys, async (a, b) => {
        const of = (all: string[]) => lakeOf(Object.fromEntries(all.map((key) => [`silver/${key}`, key])));
        const [lakeA, lakeB] = [await of(a), await of(b)];
        const pairs: string[] = [];
        for await (const pair of pairObjects(lakeA.list(""), lakeB.list(""))) {
          expect([pair.a?.key ?? pair.key, pair.b?.key ?? pair.key]).toEqual([pair.key, pair.key]);
          pairs.push(`${pair.key} ${pair.a !== null} ${pair.b !== null}`);
        }
        const union = await keysOf(await of([...new Set([...a, ...b])]));
        const has = (all: string[], key: string) => all.includes(key.slice("silver/".length));
        expect(pairs).toEqual(union.map((key) => `${key} ${has(a, key)} ${has(b, key)}`));
      }),
    );
  });

  it("equal lakes are the same; keys of one side and other bytes are told apart", async () => {
    const objects = { "bronze/x.csv": "1\n", "silver/x.csv": "2\n", "bronze/note.json": '{"a":1}' };
    const a = await lakeOf({ ...objects, "gold/a.csv": "1", "logs/x": "1", "receipts/r.json": "1" });
    const b = await lakeOf({ ...objects, "bronze/note.json": '{"a":2}', "anomalies/b.csv": "1", "logs/x": "2" });
    expect(await compare(a, a)).toEqual({ same: 4, onlyInA: [], onlyInB: [], different: [], failed: [] });
    const { same, onlyInA, onlyInB, different } = await compare(a, b);
    expect([same, onlyInA.map(({ key }) => key), onlyInB.map(({ key }) => key)]).toEqual([
      2,
      ["gold/a.csv"],
      ["anomalies/b.csv"],
    ]);
    expect(different).toEqual([{ key: "bronze/note.json", a: 7, b: 7, csv: null, firstByte: 5 }]);
  });

  it("a prefix names keys of one layer, or paths in each layer of data", () => {
    expect(prefixesOf(undefined)).toEqual(["bronze/", "silver/", "anomalies/", "gold/"]);
    expect(prefixesOf("gold/2025")).toEqual(["gold/2025"]);
    expect(prefixesOf("receipts")).toEqual(["receipts/"]);
    expect(prefixesOf("2025/")).toEqual(["bronze/2025/", "silver/2025/", "anomalies/2025/", "gold/2025/"]);
  });

  it("a lake without an object is an error, and so is nothing to compare", async () => {
    const lake = await lakeOf({ [KEY]: HEADER });
    const empty = createMemoryStorage();
    await expect(planComparison(lake, empty, undefined)).rejects.toMatchObject({ code: "input_invalid" });
    await expect(planComparison(empty, lake, undefined)).rejects.toMatchObject({ code: "input_invalid" });
    await expect(planComparison(lake, lake, "none/")).rejects.toMatchObject({ code: "input_invalid" });
  });
});
