import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** DuckDB over the CSV in bronze, by rules of its own: no file that vantageflow has written is read. */

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The rows of view `readings` as docs/sql.md describes it, of files as `churned.ts` writes them. */
function tableOf(folder: string): string {
  const bronze = join(folder, "bronze/");
  return `create table readings as
    select cast(timestamp at time zone 'UTC' as date) as date, * from (
      select cast(substr(timestamp, 1, 23) || 'Z' as timestamptz) as timestamp,
             coalesce(try_cast(substr(timestamp, 24, 6) as integer), 0) as nanos,
             device_id, try_cast(value as double) as value, coalesce(unit, '') as unit,
             cast(anomaly_score as double) as anomaly_score, cast(anomaly_score as double) > 0.5 as anomaly,
             replace(filename, ${quoted(bronze)}, '') as batch
      from read_csv(${quoted(`${bronze}**/*.csv`)}, all_varchar = true, filename = true)
    ) where value is not null`;
}

/** Asks the files of a lake; rows in the form of `cellOf`. */
export async function openRaw(folder: string) {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run("set TimeZone = 'UTC'");
  await connection.run(tableOf(folder));
  return {
    async ask(sql: string): Promise<unknown[][]> {
      const reader = await connection.runAndReadAll(sql);
      const types = reader.columnTypes().map(String);
      return reader.getRowsJson().map((row) => row.map((value, i) => cellOf(value, types[i])));
    },
    close: () => connection.closeSync(),
  };
}

/** A value that an engine gave as text, by its type: whole numbers as numbers, times as `vantageflow sql` writes them. */
export function cellOf(value: unknown, type: string): unknown {
  if (value === null) return null;
  if (/^(big|huge)int$/i.test(type)) return Number(value);
  if (!/^timestamp/i.test(type)) return value;
  const [, date, time] = /^(\S+)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)/.exec(String(value)) ?? [];
  const [whole, fraction = ""] = time.split(".");
  const millis = fraction.padEnd(3, "0").slice(0, 3);
  return `${date}T${whole}${millis === "000" ? "" : `.${millis}`}Z`;
}
