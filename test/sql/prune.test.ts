import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEngine } from "../../src/sql/engine.ts";
import { neededFiles } from "../../src/sql/prune.ts";
import { openSession, type Session } from "../../src/sql/session.ts";
import { parseStatement } from "../../src/sql/statement.ts";
import type { ListedFile } from "../../src/sql/table-files.ts";
import { newFolder } from "./lake.ts";

/** Files are chosen by what the log says of them: as few as may be, and never one too few. */

const DAY = 86_400_000;
const START = Date.parse("2025-01-01T00:00:00Z");
const DEVICES = ["A", "B", "C", "D"];

/** Rows of a file for each day, of two devices each. */
const ROWS = Array.from({ length: 10 }, (_, day) =>
  Array.from({ length: 24 }, (_, hour) => ({
    date: new Date(START + day * DAY).toISOString().slice(0, 10),
    time: START + day * DAY + hour * 3_600_000,
    device: DEVICES[(day + (hour % 2)) % 4],
  })),
);
const FILES: ListedFile[] = ROWS.map((rows, day) => {
  const devices = rows.map(({ device }) => device).sort();
  const bounds: [string, string] = [devices[0], devices[devices.length - 1]];
  // Of one file nothing is known but its day.
  const isKnown = day !== 7;
  return {
    path: `${day}.parquet`,
    size: 1,
    date: rows[0].date,
    times: isKnown ? [rows[0].time, rows[23].time + 1] : null,
    texts: { device_id: isKnown ? bounds : null, batch: null },
  };
});

let session: Session;
beforeAll(async () => {
  session = await openSession(await loadEngine(), { memory: "256MB", temporary: newFolder("temporary") });
  await session.connection.run(
    "create table readings (date date, timestamp timestamptz, device_id varchar, batch varchar, value double, file integer); create table days (day date, device_id varchar)",
  );
  const values = ROWS.flatMap((rows, file) =>
    rows.map(
      ({ date, time, device }) => `('${date}', '${new Date(time).toISOString()}', '${device}', 'b', 1, ${file})`,
    ),
  );
  await session.connection.run(`insert into readings values ${values.join(",")}`);
  await session.connection.run("insert into days values ('2025-01-02', 'A'), ('2025-01-05', 'D'), (null, null)");
});
afterAll(() => session.close());

async function needed(sql: string): Promise<number[]> {
  await session.begin();
  const files = await neededFiles(session, await parseStatement(session, sql), "readings", FILES);
  return files.map(({ path }) => Number.parseInt(path, 10));
}

describe("the files that a query needs", () => {
  it.each([
    ["select 1 from readings", "0123456789"],
    ["select 1 from readings where date = date '2025-01-03'", "2"],
    ["select 1 from readings where '2025-01-03' = date", "2"],
    ["select 1 from main.readings r where r.date >= date '2025-01-03' and r.date < '2025-01-05'", "23"],
    ["select 1 from readings where date in (date '2025-01-01', date '2025-01-10')", "09"],
    ["select 1 from readings where date between date '2025-01-02' and date '2025-01-03' and value > 3", "12"],
    ["select 1 from readings where date_trunc('day', date) = date '2025-01-04' or date is null", "3"],
    ["select 1 from readings where extract(day from date) = 5", "4"],
    ["select 1 from readings where date > date '2025-01-03' - interval 1 day and date < date '2025-01-04'", "2"],
    ["select 1 from readings where timestamp >= timestamp '2025-01-09 12:00:00'", "789"],
    ["select 1 from readings where timestamp < timestamp '2025-01-02 00:00:00'", "07"],
    ["select 1 from readings where timestamp < '2025-01-02 00:00:01'", "017"],
    ["select 1 from readings where timestamp = timestamptz '2025-01-03 04:00:00+00'", "27"],
    ["select 1 from readings where date >= current_date", ""],
    ["select 1 from readings where timestamp > now() - interval '1' day", "7"],
    ["select 1 from readings where device_id = 'A'", "03478"],
    ["select 1 from readings where device_id = 'Z'", "7"],
    ["select 1 from readings where (date = date '2025-01-03' or value = 1)", "0123456789"],
    ["select 1 from readings r join days d on r.date = d.day where r.date = date '2025-01-03'", "2"],
    ["select 1 from readings r, days d where r.date = date '2025-01-03' and d.day is not null", "2"],
    ["select 1 from days d left join readings r on r.date = d.day where r.date is null", "0123456789"],
    ["select 1 from readings r join days d using (device_id) where date = date '2025-01-03'", "0123456789"],
    [
      "select 1 from readings where date = date '2025-01-03' union all select 1 from readings where date = date '2025-01-05'",
      "24",
    ],
    ["with r as (select * from readings where date = date '2025-01-03') select count(*) from r", "2"],
    ["select (select count(*) from readings where date = d.day) from days d", "0123456789"],
    ["select 1 from (from readings) where date = date '2025-01-03'", "0123456789"],
    ["select 1 from readings tablesample 10% where date = date '2025-01-03'", "0123456789"],
    ["select 1 from readings r(a, date, c) where date = timestamp '2025-01-03 00:00:00'", "0123456789"],
    ["select 1 from readings where date = cast('x' as date)", "0123456789"],
    ["select 1 from readings where random() < 2 and date = date '2025-01-03'", "2"],
    ["select 1 from readings where device_id = 5", "0123456789"],
    ["select date as d from readings where not (date <> date '2025-01-03')", "2"],
  ])("%s: %s", async (sql, files) => {
    expect((await needed(sql)).join("")).toBe(files);
  });

  const date = fc
    .integer({ min: -1, max: 11 })
    .map((day) => `date '${new Date(START + day * DAY).toISOString().slice(0, 10)}'`);
  const time = fc
    .tuple(fc.integer({ min: -1, max: 11 }), fc.integer({ min: 0, max: 23 }))
    .map(
      ([day, hour]) =>
        `timestamp '${new Date(START + day * DAY + hour * 3_600_000).toISOString().slice(0, 19).replace("T", " ")}'`,
    );
  const device = fc.constantFrom("'A'", "'B'", "'C'", "'D'", "'a'", "''");
  const operator = fc.constantFrom("<", "<=", "=", ">=", ">", "<>");
  const column = fc.constantFrom("", "r.");
  const atom = fc.oneof(
    fc.tuple(column, operator, date).map(([of, is, value]) => `${of}date ${is} ${value}`),
    fc.tuple(column, operator, time).map(([of, is, value]) => `${of}timestamp ${is} ${value}`),
    fc.tuple(column, operator, device).map(([of, is, value]) => `${value} ${is} ${of}device_id`),
    fc.tuple(column, time, time).map(([of, low, high]) => `${of}timestamp between ${low} and ${high}`),
    fc.tuple(column, device, device).map(([of, a, b]) => `${of}device_id in (${a}, ${b})`),
    fc.tuple(column, date).map(([of, value]) => `(${of}date > ${value} is null or ${of}date is null)`),
    fc.constantFrom("value = 1", "r.value <> 1", "true", "r.date is not null"),
  );
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { weight: 4, arbitrary: atom },
      fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => `(${a} and ${b})`),
      fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => `(${a} or ${b})`),
      tie("condition").map((a) => `not (${a})`),
    ),
  }));
  const from = fc.constantFrom(
    ...["readings r", "readings r join days on r.date = days.day", "readings r left join days on r.date = days.day"],
    ...[
      "days left join readings r on r.date = days.day",
      "days full join readings r on r.date = days.day",
      "days cross join readings r",
    ],
    ...[
      "(select * from readings) r",
      "readings r semi join days on r.date = days.day",
      "days anti join readings r on r.date = days.day",
    ],
  );

  it("are never fewer than those with rows that the answer is made of", async () => {
    await fc.assert(
      fc.asyncProperty(from, condition, async (source, where) => {
        const own = source.includes("anti join") ? "true" : where.replaceAll(/(?<![.'])\bdevice_id/g, "r.device_id");
        const sql = `select count(*) from ${source} where ${own}`;
        const whole = await session.rows(sql);
        const chosen = await needed(sql);
        await session.connection.run(
          `create temp table chosen as select * from readings where file in (${[-1, ...chosen].join(", ")})`,
        );
        const part = await session.rows(sql.replaceAll(/\breadings\b/g, "chosen"));
        await session.begin();
        expect([sql, part]).toEqual([sql, whole]);
      }),
      { numRuns: 200 },
    );
  });
});
