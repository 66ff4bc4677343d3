import { createHash } from "node:crypto";
import fc from "fast-check";
import { parquetMetadata } from "hyparquet";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import {
  type ColumnType,
  type ColumnValues,
  NULL_TEXT,
  type TableColumn,
  type TextValues,
} from "../../src/tables/parquet/columns.ts";
import { encodeRowGroup } from "../../src/tables/parquet/encode.ts";
import { openByFooter, openParquet, readFooter } from "../../src/tables/parquet/read.ts";
import { createParquetWriter } from "../../src/tables/parquet/write.ts";
import { bytesOf, put } from "../pipeline/lake.ts";

const COLUMNS = [
  { name: "timestamp", type: "timestamp" },
  { name: "nanos", type: "integer" },
  { name: "value", type: "double" },
  { name: "text", type: "string" },
  { name: "flag", type: "boolean" },
] as const satisfies readonly TableColumn[];

const GROUPS: ColumnValues[][] = [
  [
    BigInt64Array.of(-62_135_596_800_000_000n, 0n, 253_402_300_799_999_000n),
    Int32Array.of(0, 999_999, 1),
    Float64Array.of(0, 1e-300, 1.7976931348623157e308),
    textsOf(["", null, "\u{1f600} and some more"]),
    Uint8Array.of(1, 0, 1),
  ],
  [BigInt64Array.of(1n), Int32Array.of(7), Float64Array.of(-2.5), textsOf([null]), Uint8Array.of(0)],
];
const TYPES = COLUMNS.map(({ type }) => type);

function textsOf(all: readonly (string | null)[]): TextValues {
  const texts = [...new Set(all.flatMap((text) => text ?? []))];
  return { texts, numbers: Int32Array.from(all, (text) => (text === null ? NULL_TEXT : texts.indexOf(text))) };
}

/** As they are read: microseconds as BigInts, texts, booleans. */
function readAs(values: ColumnValues, type: ColumnType): unknown[] {
  if ("texts" in values) return Array.from(values.numbers, (number) => values.texts[number] ?? null);
  return Array.from<unknown, unknown>(values as Int32Array, (value) => (type === "boolean" ? value === 1 : value));
}

async function write(groups: readonly ColumnValues[][]) {
  const storage = createMemoryStorage();
  const out = await storage.create("t.parquet");
  const file = createParquetWriter(out, COLUMNS);
  for (const values of groups) await file.add(encodeRowGroup(COLUMNS, values));
  await file.finish();
  const { size } = await out.commit();
  return { storage, size, bytes: (await bytesOf(storage, "t.parquet"))! };
}

/** What the first row group is read as, column by column. */
async function readFirst({ storage, size }: Awaited<ReturnType<typeof write>>) {
  const file = await openParquet(storage, "t.parquet", size);
  const columns = COLUMNS.map(async ({ name }) => Array.from(await file.read(name, file.groups[0])));
  return Promise.all(columns);
}

describe("a Parquet file", () => {
  it("is read back as it was written, row group by row group", async () => {
    const { storage, size } = await write(GROUPS);
    const file = await openParquet(storage, "t.parquet", size);
    expect([file.rows, file.columns, file.groups.map(({ start, end }) => ({ start, end }))]).toEqual([
      4,
      COLUMNS.map(({ name }) => name),
      [
        { start: 0, end: 3 },
        { start: 3, end: 4 },
      ],
    ]);
    for (const [g, group] of file.groups.entries()) {
      for (const [c, { name, type }] of COLUMNS.entries()) {
        expect([name, Array.from(await file.read(name, group))]).toEqual([name, readAs(GROUPS[g][c], type)]);
      }
    }
  });

  it("of any values is read back as them", async () => {
    const micros = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const near = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }).map((one) => BigInt(one) * 1000n);
    const steps = fc
      .oneof(fc.constantFrom(0, 1, 300_000, 60_000_000), fc.integer({ min: -5000, max: 1e15 }))
      .map(BigInt);
    const numbers = fc.oneof(
      fc.constantFrom(0, 21.5, 21.6),
      fc.double({ noNaN: true }).map((one) => one + 0),
    );
    const text = fc.oneof(
      fc.constantFrom(null, "", "sensor-1", "sensor-2"),
      fc.string({ unit: "binary", maxLength: 40 }),
    );
    const row = fc.tuple(steps, fc.nat(999_999), numbers, text, fc.boolean(), fc.nat(40), micros);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(near, micros),
        fc.array(row, { minLength: 1, maxLength: 300 }),
        fc.boolean(),
        async (start, rows, isFar) => {
          // Some come many times, so that there are runs.
          const all = rows.flatMap((one) => new Array<typeof one>(one[5] < 30 ? 1 : one[5]).fill(one));
          let time = start;
          const group: ColumnValues[] = [
            BigInt64Array.from(all, ([step, , , , , , far]) => (time = isFar ? far : time + step)),
            Int32Array.from(all, ([, nanos]) => nanos),
            Float64Array.from(all, ([, , value]) => value),
            textsOf(all.map(([, , , one]) => one)),
            Uint8Array.from(all, ([, , , , flag]) => (flag ? 1 : 0)),
          ];
          expect(await readFirst(await write([group]))).toEqual(group.map((values, c) => readAs(values, TYPES[c])));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("has dictionaries where they pay, and none where they do not", async () => {
    const many = Array.from({ length: 2000 }, (_, i) => i);
    const group = (different: number): ColumnValues[] => [
      BigInt64Array.from(many, BigInt),
      Int32Array.from(many, (i) => i % different),
      Float64Array.from(many, (i) => (i % different) / 8),
      textsOf(many.map((i) => `text ${i % different}`)),
      Uint8Array.from(many, (i) => i % 2),
    ];
    const encodingsOf = async (different: number) => {
      const written = await write([group(different)]);
      expect(await readFirst(written)).toEqual(group(different).map((values, c) => readAs(values, TYPES[c])));
      const [{ columns }] = parquetMetadata(new Uint8Array(written.bytes).buffer).row_groups;
      return columns.map(({ meta_data: one }) => one?.encodings.join(" "));
    };
    const [time, flag] = ["DELTA_BINARY_PACKED", "RLE"];
    const dictionary = "PLAIN RLE_DICTIONARY";
    expect(await encodingsOf(1)).toEqual([time, dictionary, dictionary, dictionary, flag]);
    expect(await encodingsOf(100)).toEqual([time, dictionary, dictionary, dictionary, flag]);
    expect(await encodingsOf(1900)).toEqual([time, "PLAIN", "PLAIN", "PLAIN", flag]);
  });

  it("has pages whose bounds lead to a device and a time, and to all that stands there", async () => {
    const rows = 30_000;
    const columns = [
      { name: "timestamp", type: "timestamp" },
      { name: "device_id", type: "string" },
      { name: "value", type: "double" },
    ] as const satisfies readonly TableColumn[];
    const devices = Array.from({ length: rows }, (_, i) =>
      i % 1000 === 7 ? null : `d${String((i / 500) | 0).padStart(3, "0")}${"x".repeat(80)}`,
    );
    const values: ColumnValues[] = [
      BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 500) * 1_000_000n),
      textsOf(devices),
      Float64Array.from({ length: rows }, (_, i) => i),
    ];
    const storage = createMemoryStorage();
    const out = await storage.create("t.parquet");
    const writer = createParquetWriter(out, columns);
    await writer.add(encodeRowGroup(columns, values));
    await writer.finish();
    const footer = await readFooter(storage, "t.parquet", (await out.commit()).size);
    const device = devices[21_000] ?? "";
    for (const wanted of [
      { equal: { device_id: device } },
      { equal: { device_id: device }, between: { timestamp: [1n, 2_000_000n] as const } },
    ]) {
      const file = await openByFooter(storage, footer, wanted);
      const covered = file.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
      expect(covered).toBeLessThan(rows / 2);
      const found: unknown[] = [];
      for (const range of file.ranges) {
        const [ids, numbers] = [await file.read("device_id", range), await file.read("value", range)];
        for (let i = 0; i < ids.length; i++) if (ids[i] === device) found.push(numbers[i]);
      }
      expect(found).toEqual(devices.flatMap((one, i) => (one === device ? [i] : [])));
    }
  });

  it("says what its columns are, all of which may be null, and of times that they are UTC in microseconds", async () => {
    const { bytes } = await write(GROUPS);
    const { schema, row_groups: groups } = parquetMetadata(new Uint8Array(bytes).buffer);
    const shown = schema
      .slice(1)
      .map(({ name, type, repetition_type: may, converted_type: as }) => [name, type, may, as]);
    expect(shown).toEqual([
      ["timestamp", "INT64", "OPTIONAL", "TIMESTAMP_MICROS"],
      ["nanos", "INT32", "OPTIONAL", undefined],
      ["value", "DOUBLE", "OPTIONAL", undefined],
      ["text", "BYTE_ARRAY", "OPTIONAL", "UTF8"],
      ["flag", "BOOLEAN", "OPTIONAL", undefined],
    ]);
    expect(schema[1].logical_type).toEqual({ type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" });
    const [{ columns }] = groups;
    expect(columns[0].meta_data?.encodings).toContain("DELTA_BINARY_PACKED");
    expect(columns.map(({ meta_data: one }) => one?.codec)).toEqual(COLUMNS.map(() => "SNAPPY"));
  });

  it("of the same values has the same bytes", async () => {
    const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    const [a, b] = [await write(GROUPS), await write(GROUPS)];
    expect(digest(a.bytes)).toBe(digest(b.bytes));
    expect(digest((await write(GROUPS.slice(0, 1))).bytes)).not.toBe(digest(a.bytes));
  });

  it("that is cut off anywhere, or is none, is named", async () => {
    const { storage, bytes } = await write(GROUPS);
    for (const length of [0, 3, 12, bytes.length >> 1, bytes.length - 1]) {
      await put(storage, "cut.parquet", bytes.subarray(0, length));
      await expect(openParquet(storage, "cut.parquet", length)).rejects.toMatchObject({
        code: "table_damaged",
        message: expect.stringMatching(/^Cannot read "cut.parquet": it is no whole Parquet file \(.*\)\. Restore/),
      });
    }
    await expect(openParquet(storage, "gone.parquet", 100)).rejects.toMatchObject({ code: "not_found" });
  });
});
