/**
 * The semicolon file in DuckDB's SQL, on all cores: read by its dialect, a reading for each measure, times and numbers cast,
 * split by a score that is 0, aggregated; silver and gold as CSV. Numbers are typed, so `5,60` is written as `5.6`. Text
 * and a cast of `replace(…)` took longer.
 */
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

const [input, out] = process.argv.slice(2);
const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;
const instance = await DuckDBInstance.create(":memory:");
const main = await instance.connect();
await main.run(`
  CREATE TABLE readings AS
  SELECT strftime(moment, '%Y-%m-%dT%H:%M:%SZ') AS timestamp, 'airq.' || measure AS device_id, value,
    CASE measure WHEN 'CO' THEN 'mg/m3' WHEN 'NMHC' THEN 'ug/m3' WHEN 'T' THEN '°C' WHEN 'RH' THEN '%' ELSE 'g/m3' END AS unit,
    0 AS anomaly_score
  FROM (
    UNPIVOT (
      SELECT strptime("Date" || ' ' || "Time", '%d/%m/%Y %H.%M.%S') AS moment, CO, NMHC, T, RH, AH
      FROM read_csv(${quoted(input)}, auto_detect = false, header = true, delim = ';', quote = '"', decimal_separator = ',',
        nullstr = ['', '-200'],
        columns = { Date: 'VARCHAR', Time: 'VARCHAR', CO: 'DOUBLE', NMHC: 'DOUBLE', T: 'DOUBLE', RH: 'DOUBLE', AH: 'DOUBLE' })
    ) ON CO, NMHC, T, RH, AH INTO NAME measure VALUE value
  )`);
const copy = async (/** @type {string} */ file, /** @type {string} */ query) => {
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO ${quoted(join(out, file))} (FORMAT csv, HEADER)`);
};
await Promise.all([
  copy("silver.csv", "SELECT * FROM readings WHERE anomaly_score <= 0.5"),
  copy(
    "gold.csv",
    `SELECT device_id, count(*), avg(value), min(value), max(value), count(*) FILTER (anomaly_score > 0.5)
     FROM readings GROUP BY device_id`,
  ),
]);
