import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { loadEngine } from "../../src/sql/engine.ts";
import { csvOf } from "../../src/sql/output/csv.ts";
import { jsonDocumentOf, ndjsonOf } from "../../src/sql/output/json.ts";
import { writeParquet } from "../../src/sql/output/parquet.ts";
import { shownRowsOf } from "../../src/sql/output/table.ts";
import { openQuery } from "../../src/sql/query.ts";
import { openSession } from "../../src/sql/session.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { newFolder } from "./lake.ts";

const open = (sql: string, output?: string) =>
  openQuery({
    sql,
    source: { storage: createMemoryStorage(), failures: null, onOdd: () => {}, stopped: () => false },
    memory: "256MB",
    cache: { folder: newFolder("cache"), limit: 1 },
    output,
  });

async function written(sql: string, format: "csv" | "ndjson" | "json"): Promise<{ text: string; rows: number }> {
  const query = await open(sql);
  try {
    let [text, rows] = ["", 0];
    const told = {
      onRows: (some: number) => {
        rows += some;
      },
    };
    const result = await query.run();
    const chunks =
      format === "csv"
        ? csvOf(result, told)
        : format === "ndjson"
          ? ndjsonOf(result, told)
          : jsonDocumentOf(result, { version: 1 }, told);
    for await (const chunk of chunks) text += chunk;
    return { text, rows };
  } finally {
    await query.close();
  }
}

const VALUES: readonly (readonly [sql: string, csv: string, json: unknown])[] = [
  ["null", "", null],
  ["''", "", ""],
  ["' a '", " a ", " a "],
  [`'say "x", then\ny'`, 'say "x", then\ny', 'say "x", then\ny'],
  ["0.1::double", "0.1", 0.1],
  ["1e300", "1e+300", 1e300],
  ["0.1::float", "0.1", 0.1],
  ["'nan'::double", "NaN", "NaN"],
  ["'-inf'::double", "-Infinity", "-Infinity"],
  ["7::tinyint", "7", 7],
  ["true", "true", true],
  ["1.10::decimal(10,2)", "1.10", 1.1],
  ["date '2025-01-31'", "2025-01-31", "2025-01-31"],
  ["timestamptz '2025-01-01 00:00:00+02'", "2024-12-31T22:00:00Z", "2024-12-31T22:00:00Z"],
  ["timestamp '2025-01-01 00:00:00.5'", "2025-01-01T00:00:00.500", "2025-01-01T00:00:00.500"],
  ["timestamp '1969-12-31 23:59:59.999999'", "1969-12-31T23:59:59.999999", "1969-12-31T23:59:59.999999"],
  ["[1, null, 3]", "[1,null,3]", [1, null, 3]],
  ["{'a': 'x', 'b': [date '2025-01-01']}", '{"a":"x","b":["2025-01-01"]}', { a: "x", b: ["2025-01-01"] }],
  ["map {'k': 1.5::double}", '{"k":1.5}', { k: 1.5 }],
  ["'\\xAA'::blob", "qg==", "qg=="],
  ["interval 90 minute", "01:30:00", "01:30:00"],
  [
    "uuid '00000000-0000-4000-8000-000000000001'",
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000001",
  ],
];

describe("an answer", () => {
  it.each(VALUES)("%s as CSV and JSON", async (sql, csv, json) => {
    const [{ text }, lines] = [
      await written(`select ${sql} as v, 1 as w`, "csv"),
      await written(`select ${sql} as v`, "ndjson"),
    ];
    expect(parse(text)).toEqual([
      ["v", "w"],
      [csv, "1"],
    ]);
    expect(JSON.parse(lines.text)).toEqual({ v: json });
  });

  it("whole numbers keep all their digits in text, and in Parquet", async () => {
    const sql =
      "select 9007199254740993 as b, 170141183460469231731687303715884105727::hugeint as h, sum(9007199254740993) as s";
    expect((await written(sql, "ndjson")).text).toBe(
      '{"b":9007199254740993,"h":170141183460469231731687303715884105727,"s":9007199254740993}\n',
    );
    const path = join(newFolder(), "answer.parquet");
    const query = await open('select sum(9007199254740993) as s, \'x\' as "odd ""name" -- why not', path);
    expect(await writeParquet(query, 'select sum(9007199254740993) as s, \'x\' as "odd ""name" -- why not', path)).toBe(
      1,
    );
    await query.close();
    const session = await openSession(await loadEngine(), { memory: "100MB", temporary: newFolder() });
    const [row] = await session.rows(`select s::varchar, "odd ""name" from '${path}'`);
    session.close();
    expect(row).toEqual(["9007199254740993", "x"]);
  });

  it("null and an empty text are told apart in CSV, and columns of one name in JSON", async () => {
    expect((await written("select null as a, '' as b, 'x' as c", "csv")).text).toBe('a,b,c\n,"",x\n');
    const { text } = await written("select 1 as a, 2 as a", "ndjson");
    expect(Object.values(JSON.parse(text))).toEqual([1, 2]);
  });

  it("without rows has its head, and is one document", async () => {
    expect(await written("select 1 as a where false", "csv")).toEqual({ text: "a\n", rows: 0 });
    expect(JSON.parse((await written("select 1 as a where false", "json")).text)).toEqual({
      version: 1,
      columns: [{ name: "a", type: "INTEGER" }],
      rows: [],
      row_count: 0,
    });
  });

  it("of many rows comes some at a time, whole", async () => {
    const { text, rows } = await written("select i, i * 2 as d from range(10000) t(i) order by i", "json");
    const document = JSON.parse(text);
    expect([rows, document.row_count, document.rows.length, document.rows[9999]]).toEqual([
      10_000,
      10_000,
      10_000,
      { i: 9999, d: 19_998 },
    ]);
  });

  it("as a table ends after so many rows, and computes no more", async () => {
    const query = await open("select i from range(100000000000) t(i)");
    const shown = await shownRowsOf(await query.run(), 3);
    await query.close();
    expect([shown.rows, shown.isCut, shown.columns[0].isNumber]).toEqual([[["0"], ["1"], ["2"]], true, true]);
  });
});

describe("mistakes", () => {
  it.each([
    ["select\n  foo\nfrom gold", "line 2, column 3: ", "describe"],
    ["select 'é', foo from gold", "line 1, column 13: ", "foo"],
    ['select device_id from gold where device_id = "FAB-1"', "line 1, column 46: ", "single quotes"],
    ["select * from sensors", "line 1, column 15: ", "The lake has readings, detections, gold"],
    ["select device_id, count(*) from gold", "line 1, column 8: ", "GROUP BY"],
    ["select nofunction(1)", "line 1, column 8: ", "nofunction"],
    ["select (1", "", "syntax"],
    ["selct 1", "line 1, column 1: ", "syntax error"],
  ])("%j: %s", async (sql, place, hint) => {
    const error = await written(sql, "csv").catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "sql_invalid", message: expect.stringContaining(`Cannot ask this: ${place}`) });
    expect(error.message).toContain(hint);
    expect(error.message).not.toContain("\n");
  });

  it("what fails while it is computed is another kind", async () => {
    const error = await written("select cast(device as integer) from (values ('x')) t(device)", "csv").catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "sql_failed", message: expect.stringMatching(/^Cannot answer: .*'x'/) });
  });
});
