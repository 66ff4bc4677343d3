import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANSWERS } from "./answers.ts";
import { ask, newFolder, SOURCES, tableLakeOf } from "./lake.ts";
import { QUESTIONS } from "./questions.ts";
import { hasTrino, startTrino, type Trino } from "./trino.ts";

/** The engine under Athena, asked the ten questions of docs/sql.md over tables that `tables sync` made. */

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

/** Times as `vantageflow sql` writes them. */
function shown(value: unknown, type: string): unknown {
  if (!type.startsWith("timestamp")) return value;
  return String(value).replace(" UTC", "Z").replace(" ", "T").replace(".000Z", "Z");
}

/** Averages are added in the order in which threads come. */
const close = (value: unknown) =>
  typeof value === "number" && !Number.isInteger(value) ? expect.closeTo(value, 10) : value;

describe.runIf(hasTrino)("Trino", () => {
  const lakes = newFolder("lakes");
  let trino: Trino;
  const small = tableLakeOf(SOURCES, join(lakes, "small"));
  const large = tableLakeOf(manySources(), join(lakes, "large"));

  beforeAll(async () => {
    trino = await startTrino(newFolder("trino"), lakes);
    await Promise.all([small, large]);
    for (const schema of ["small", "large"]) {
      await trino.query(`create schema if not exists ${schema}`);
      await trino.query(
        `call delta.system.register_table(schema_name => '${schema}', table_name => 'readings', table_location => 'local:///${schema}/tables/readings')`,
      );
    }
  }, 240_000);
  afterAll(async () => trino?.close());

  const asked = async (schema: string, sql: string) => {
    const { columns, rows } = await trino.query(sql.replaceAll(/\bfrom readings\b/g, `from ${schema}.readings`));
    const cells = rows.map((row) => row.map((value, i) => shown(value, columns[i].type)));
    return [columns.map(({ name }) => name), ...cells];
  };

  it.each(QUESTIONS)(
    "$title",
    async ({ title, sql }) => {
      expect(await asked("small", sql)).toEqual(ANSWERS[title].map((row) => row.map(close)));
      const { rows, columns } = await ask((await large).storage, sql);
      expect(rows).not.toEqual([]);
      const names = columns.map(({ name }) => name);
      expect(await asked("large", sql)).toEqual([names, ...rows.map((row) => names.map((name) => close(row[name])))]);
    },
    60_000,
  );

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

/** Some thousand readings of two weeks: more devices, times below the millisecond, a device that stops, readings twice. */
function manySources(): Record<string, string> {
  const sources: Record<string, string> = {};
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  for (let day = 1; day <= 14; day++) {
    const lines = ["timestamp,device_id,value,unit,anomaly_score"];
    for (let i = 0; i < 300; i++) {
      const device = Math.floor(random() * 12);
      // One falls silent, one has gaps.
      if ((device === 11 && day > 2) || (device === 10 && i > 60)) continue;
      const time = new Date(
        Date.UTC(2025, 0, day) + Math.floor(random() * (i < 20 ? 3_600_000 : 86_400_000)),
      ).toISOString();
      const nanos = String(Math.floor(random() * 1_000_000)).padStart(6, "0");
      const value = (random() * 100 - 20).toFixed(3);
      const id = device === 0 ? "FAB-TEM-001" : `FAB-${device}`;
      const line = `${time.replace("Z", `${nanos}Z`)},${id},${value},${device % 3 === 0 ? "" : "C"},${random().toFixed(2)}`;
      lines.push(line, ...(i % 50 === 0 ? [line] : []));
    }
    sources[`day-${day}.csv`] = `${lines.join("\n")}\n`;
  }
  return sources;
}
