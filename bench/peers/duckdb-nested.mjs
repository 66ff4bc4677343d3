/**
 * The nested NDJSON file in DuckDB's SQL, on all cores: typed structs, a reading for each measure, split by a score that is
 * 0, aggregated; silver and gold as CSV. Read as JSON with extraction by path it took longer.
 */
import { runJob } from "./duckdb-source.mjs";

await runJob(
  (input) => `
  SELECT timestamp, device || '.' || measure AS device_id, value,
    CASE measure WHEN 'temp' THEN '°C' WHEN 'moisture' THEN '%' ELSE 'V' END AS unit, 0 AS anomaly_score
  FROM (
    UNPIVOT (
      SELECT result.received_at AS timestamp, result.end_device_ids.device_id AS device,
        result.uplink_message.decoded_payload.temp AS temp,
        result.uplink_message.decoded_payload.soil.moisture AS moisture,
        result.uplink_message.decoded_payload.battery AS battery
      FROM read_json(${input}, format = 'newline_delimited', columns = {
        result: 'STRUCT(received_at VARCHAR, end_device_ids STRUCT(device_id VARCHAR), uplink_message STRUCT(decoded_payload STRUCT("temp" DOUBLE, soil STRUCT(moisture DOUBLE), battery DOUBLE)))' })
      WHERE TRY_CAST(result.received_at AS TIMESTAMP) IS NOT NULL
    ) ON temp, moisture, battery INTO NAME measure VALUE value
  )`,
);
