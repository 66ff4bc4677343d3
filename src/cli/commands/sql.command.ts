import type { Declaration } from "../command.ts";

export const command = {
  signature: "sql [query]",
  summary: "ask the lake in SQL: readings, detections, gold, rejects, batches, dead_letters",
  options: {
    "--file <file>": "read the query from a file; without it and a query, from stdin",
    "--at <version-or-time>":
      "readings as they were: 12, 2026-01-31T12:00:00Z, 24h ago as 24h; detections as they were at a time",
    "--format <format>": "table, csv, json, ndjson or parquet (default: table on a terminal, csv elsewhere)",
    "--out <file>": "write the answer there, whole or not at all; its ending names the format",
    "--memory <size>": { description: "memory for the query; what is more goes to a temporary file", default: "1GB" },
  },
  examples: [
    'vantageflow sql "select device_id, count(*) as readings, max(value) as highest from readings group by device_id"',
    'vantageflow sql "select * from gold where anomaly_percentage > 30 order by device_id, batch"',
    'vantageflow sql "select * from detections where muted_by is null order by timestamp desc limit 20"',
    'vantageflow sql "describe readings"',
    'echo "select reason, count(*) as times from rejects group by reason" | vantageflow sql --format ndjson',
    'vantageflow sql "select * from readings order by timestamp, device_id" --out readings.parquet',
  ],
} satisfies Declaration;
