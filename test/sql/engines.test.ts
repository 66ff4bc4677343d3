import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli } from "../cli/run-cli.ts";
import { askPolars, hasDeltaRs } from "../tables/delta-rs.ts";
import { ANSWERS } from "./answers.ts";
import { churnedLake } from "./churned.ts";
import { ask, newFolder, SOURCES, tableLakeOf } from "./lake.ts";
import { QUESTIONS } from "./questions.ts";
import { cellOf, openRaw } from "./raw.ts";
import { hasTrino, startTrino, type Trino } from "./trino.ts";

/**
 * The ten questions of docs/sql.md have one answer, whoever is asked: `vantageflow sql`, DuckDB over the CSV that devices sent, polars, and
 * the engine under Athena, over tables that `tables sync` made.
 */

const REFUSED = "refused";

/** What the page says that the dialects do not share: an expression or a query, and what becomes of it in DuckDB and in Trino. */
const DIALECTS: readonly (readonly [string, unknown, unknown])[] = [
  ["5.0/9.0", 5 / 9, "0.6"],
  ["5e0/9e0", 5 / 9, 5 / 9],
  ["7/2", 3.5, 3],
  ["floor(7/2e0)", 3, 3],
  ["1/0", "Infinity", REFUSED],
  ["1/nullif(0, 0)", null, null],
  ["cast(2.5e0 as integer)", 2, 3],
  ["cast(2.5 as integer)", 3, 3],
  ["round(2.5e0) + round(-2.5e0)", 0, 0],
  ["cast('20.5' as integer)", 21, REFUSED],
  ["select count(*) as a from readings where timestamp > '2025-01-01'", 10, REFUSED],
  ["select count(*) as a from readings where timestamp > timestamp '2025-01-01 00:00:00'", 10, 10],
  ["date_diff('hour', timestamp '2025-01-01 00:59:00', timestamp '2025-01-01 01:01:00')", 1, 0],
  ["concat('a', null)", "a", null],
  ["'a' || null", null, null],
  ["substr('abc', 0)", "abc", ""],
  ["select count(*) as a from readings group by date having a > 4", 5, REFUSED],
  ["select device_id as a from readings group by a order by a", "FAB-HUM-001", REFUSED],
  ["select min(a) as a from (select * exclude (unit), value as a from readings) as t", 0.25, REFUSED],
  ["select device_id as a from readings qualify row_number() over (order by device_id) = 1", "FAB-HUM-001", REFUSED],
  ["max_by(value, timestamp)", 49, 49],
  ["cast(sum(9000000000000000000) as double)", 9.9e19, REFUSED],
  ["select max(a) as a from (values (1), (2)) as t(a)", 2, 2],
  ["select max(a) as a from (values 1, 2) as t(a)", REFUSED, 2],
  ["select a from (values (1), (null), (2)) as t(a) order by a desc", 2, 2],
  ["median(value)", 22, REFUSED],
  ["approx_percentile(value, 0.5) > 0", REFUSED, true],
  ["date_trunc('hour', min(timestamp))", "2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"],
];

/** Averages are added in the order in which threads come. */
const close = (value: unknown) =>
  typeof value === "number" && !Number.isInteger(value) ? expect.closeTo(value, 10) : value;

/** In an order of their own: questions leave open which of two readings of one instant comes first. */
function sorted(rows: readonly (readonly unknown[])[]): unknown[][] {
  const text = (row: readonly unknown[]) =>
    JSON.stringify(row.map((value) => (typeof value === "number" ? value.toPrecision(8) : value)));
  return rows.map((row) => [...row]).sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

const lakes = newFolder("lakes");
const small = tableLakeOf(SOURCES, join(lakes, "small"));
let trino: Trino;
let answers: Map<string, unknown[][]>;

beforeAll(async () => {
  const starting = hasTrino ? startTrino(newFolder("trino"), lakes) : null;
  await small;
  const { folder, kills } = await churnedLake(join(lakes, "churned"));
  expect(kills).toBeGreaterThan(4);
  answers = new Map();
  for (const { title, sql } of QUESTIONS) answers.set(title, await askBinary(folder, sql));
  if (starting === null) return;
  trino = await starting;
  for (const schema of ["small", "churned"]) {
    await trino.query(`create schema if not exists ${schema}`);
    await trino.query(
      `call delta.system.register_table(schema_name => '${schema}', table_name => 'readings', table_location => 'local:///${schema}/tables/readings')`,
    );
  }
}, 3_600_000);
afterAll(async () => trino?.close());

async function askBinary(folder: string, sql: string): Promise<unknown[][]> {
  const { code, stdout, stderr } = await cli(["sql", sql, "--lake", folder, "--json"], { cwd: folder });
  if (code !== 0) throw new Error(stderr);
  const { columns, rows } = JSON.parse(stdout) as {
    columns: { name: string }[];
    rows: Record<string, unknown>[];
  };
  return rows.map((row) => columns.map(({ name }) => row[name]));
}

describe("a lake of uploads, overwrites and kills gives the same rows to all", () => {
  const wanted = (title: string) => sorted(answers.get(title) ?? []).map((row) => row.map(close));

  it("DuckDB over the files that devices sent", async () => {
    const raw = await openRaw(join(lakes, "churned"));
    for (const { title, sql } of QUESTIONS) {
      const rows = await raw.ask(sql);
      expect([title, rows.length > 0]).toEqual([title, true]);
      expect([title, sorted(rows)]).toEqual([title, wanted(title)]);
    }
    raw.close();
  }, 600_000);

  it.runIf(hasDeltaRs)(
    "polars over the table",
    () => {
      const all = askPolars(join(lakes, "churned/tables/readings"));
      expect(all).toHaveLength(QUESTIONS.length);
      for (const [i, { title }] of QUESTIONS.entries()) expect([title, sorted(all[i])]).toEqual([title, wanted(title)]);
    },
    600_000,
  );

  it.runIf(hasTrino).each(QUESTIONS)(
    "Trino over the table: $title",
    async ({ title, sql }) => {
      const [, ...rows] = await asked("churned", sql);
      expect(sorted(rows)).toEqual(wanted(title));
    },
    600_000,
  );
});

async function asked(schema: string, sql: string): Promise<unknown[][]> {
  const { columns, rows } = await trino.query(sql.replaceAll(/\bfrom readings\b/g, `from ${schema}.readings`));
  const cells = rows.map((row) => row.map((value, i) => cellOf(value, columns[i].type)));
  return [columns.map(({ name }) => name), ...cells];
}

describe.runIf(hasTrino)("Trino", () => {
  it.each(QUESTIONS)("$title", async ({ title, sql }) => {
    expect(await asked("small", sql)).toEqual(ANSWERS[title].map((row) => row.map(close)));
  });

  it.each(DIALECTS)("differs from DuckDB as the page says: %s", async (expression, duckdb, other) => {
    const sql = expression.startsWith("select") ? expression : `select ${expression} as a from readings limit 1`;
    const { storage } = await small;
    const own = await ask(storage, sql).then(
      ({ rows }) => rows[0].a,
      () => REFUSED,
    );
    const theirs = await asked("small", sql).then(
      ([, row]) => row[0],
      () => REFUSED,
    );
    expect([own, theirs]).toEqual([duckdb, other]);
  });
});
