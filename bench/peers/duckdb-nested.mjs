/**
 * The nested NDJSON file in DuckDB's SQL, on all cores: typed structs, a reading for each measure, split by a score that is
 * 0, aggregated; silver and gold as CSV. Read as JSON with extraction by path it took longer.
 */
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

const [input, out] = process.argv.slice(2);
const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;
const instance = await DuckDBInstance.create(":memory:");
const main = await instance.connect();
await main.run(`
  CREATE TABLE readings AS
  SELECT timestamp, device || '.' || measure AS device_id, value,
    CASE measure WHEN 'temp' THEN '°C' WHEN 'moisture' THEN '%' ELSE 'V' END AS unit, 0 AS anomaly_score
  FROM (
    UNPIVOT (
      SELECT result.received_at AS timestamp, result.end_device_ids.device_id AS device,
        result.uplink_message.decoded_payload.temp AS temp,
        result.uplink_message.decoded_payload.soil.moisture AS moisture,
        result.uplink_message.decoded_payload.battery AS battery
      FROM read_json(${quoted(input)}, format = 'newline_delimited', columns = {
        result: 'STRUCT(received_at VARCHAR, end_device_ids STRUCT(device_id VARCHAR), uplink_message STRUCT(decoded_payload STRUCT("temp" DOUBLE, soil STRUCT(moisture DOUBLE), battery DOUBLE)))' })
      WHERE TRY_CAST(result.received_at AS TIMESTAMP) IS NOT NULL
    ) ON temp, moisture, battery INTO NAME measure VALUE value
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
