import { createHash } from "node:crypto";
import { parquetMetadata } from "hyparquet";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { ColumnValues, TableColumn } from "../../src/tables/parquet/columns.ts";
import { openParquet } from "../../src/tables/parquet/read.ts";
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
    ["", null, "\u{1f600} and some more"],
    [true, false, true],
  ],
  [BigInt64Array.of(1n), Int32Array.of(7), Float64Array.of(-2.5), [null], [false]],
];

async function write(groups: readonly ColumnValues[][]) {
  const storage = createMemoryStorage();
  const out = await storage.create("t.parquet");
  const file = createParquetWriter(out, COLUMNS);
  for (const group of groups) await file.add(group);
  await file.finish();
  const { size } = await out.commit();
  return { storage, size, bytes: (await bytesOf(storage, "t.parquet"))! };
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
      for (const [c, { name }] of COLUMNS.entries()) {
        expect([name, [...Array.from(await file.read(name, group))]]).toEqual([name, [...GROUPS[g][c]]]);
      }
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
