/**
 * The job in DuckDB's SQL, on all cores. What was tried, on 2 million rows of 200 devices, 2 cores, 1.5.6; wall and
 * CPU seconds, medians of three (a run of this file differs by some 5 %):
 *
 *   text, into a table once, four COPYs on four connections: this file       1.15  2.05
 *   the same, COPYs one after the other                                      1.16  2.05
 *   the same, with regexp_full_match for the timestamp                       1.18  2.11
 *   this file with preserve_insertion_order = false                          1.05  1.87   changes the order of rows
 *   typed columns (DOUBLE, timestamp as text), into a table, one after other 1.25  2.16   rewrites values: 21.50 to 21.5
 *   typed, preserve_insertion_order = false, four connections                1.13  1.98   both
 *   timestamp typed too                                                      1.29  2.23   rewrites timestamps too
 *   text, one COPY with PARTITION_BY for silver and anomalies                1.35  2.45
 *   text or typed, no table: the CSV is read by each COPY                    1.62  2.94
 *
 * Rows that are structurally wrong go to reject_errors (store_rejects). DuckDB takes a quote inside an unquoted field
 * for a character, which vantageflow rejects.
 */
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

const [input, out] = process.argv.slice(2);
const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;

const COLUMNS = "timestamp, device_id, value, unit, anomaly_score";
const instance = await DuckDBInstance.create(":memory:");
const main = await instance.connect();
await main.run(`
  CREATE TABLE readings AS
  SELECT *, coalesce(
    TRY_CAST(timestamp AS TIMESTAMP) IS NOT NULL AND device_id <> '' AND isfinite(v) AND s BETWEEN 0 AND 1, false) AS ok
  FROM (
    SELECT *, TRY_CAST(value AS DOUBLE) AS v, TRY_CAST(anomaly_score AS DOUBLE) AS s
    FROM read_csv(${quoted(input)}, auto_detect = false, header = true, delim = ',', quote = '"', store_rejects = true,
      columns = { timestamp: 'VARCHAR', device_id: 'VARCHAR', value: 'VARCHAR', unit: 'VARCHAR', anomaly_score: 'VARCHAR' })
  )`);

await Promise.all([
  copy(await instance.connect(), "silver.csv", `SELECT ${COLUMNS} FROM readings WHERE ok AND s <= 0.5`),
  copy(await instance.connect(), "anomalies.csv", `SELECT ${COLUMNS} FROM readings WHERE ok AND s > 0.5`),
  copy(
    await instance.connect(),
    "gold.csv",
    `SELECT device_id, count(*) AS total_readings, avg(v) AS avg_value, min(v) AS min_value, max(v) AS max_value,
       count(*) FILTER (s > 0.5) AS anomaly_count,
       ((2000 * count(*) FILTER (s > 0.5) + count(*)) // (2 * count(*))) / 10 AS anomaly_percentage
     FROM readings WHERE ok GROUP BY device_id`,
  ),
  // The tables of rejects belong to the connection that read the file.
  copy(
    main,
    "rejects.csv",
    `SELECT concat_ws(',', ${COLUMNS}) AS "row" FROM readings WHERE NOT ok
     UNION ALL SELECT csv_line FROM (SELECT DISTINCT line, csv_line FROM reject_errors)`,
  ),
]);

/** @param {import("@duckdb/node-api").DuckDBConnection} connection */
async function copy(connection, /** @type {string} */ file, /** @type {string} */ query) {
  await connection.run(`COPY (${query}) TO ${quoted(join(out, file))} (FORMAT csv, HEADER)`);
}
