/**
 * The semicolon file in DuckDB's SQL, on all cores: read by its dialect, a reading for each measure, times and numbers cast,
 * split by a score that is 0, aggregated; silver and gold as CSV. Numbers are typed, so `5,60` is written as `5.6`. Text
 * and a cast of `replace(…)` took longer.
 */
import { runJob } from "./duckdb-source.mjs";

await runJob(
  (input) => `
  SELECT strftime(moment, '%Y-%m-%dT%H:%M:%SZ') AS timestamp, 'airq.' || measure AS device_id, value,
    CASE measure WHEN 'CO' THEN 'mg/m3' WHEN 'NMHC' THEN 'ug/m3' WHEN 'T' THEN '°C' WHEN 'RH' THEN '%' ELSE 'g/m3' END AS unit,
    0 AS anomaly_score
  FROM (
    UNPIVOT (
      SELECT strptime("Date" || ' ' || "Time", '%d/%m/%Y %H.%M.%S') AS moment, CO, NMHC, T, RH, AH
      FROM read_csv(${input}, auto_detect = false, header = true, delim = ';', quote = '"', decimal_separator = ',',
        nullstr = ['', '-200'],
        columns = { Date: 'VARCHAR', Time: 'VARCHAR', CO: 'DOUBLE', NMHC: 'DOUBLE', T: 'DOUBLE', RH: 'DOUBLE', AH: 'DOUBLE' })
    ) ON CO, NMHC, T, RH, AH INTO NAME measure VALUE value
  )`,
);
