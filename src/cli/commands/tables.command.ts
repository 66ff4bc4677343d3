import type { Declaration } from "../command.ts";

export const command = {
  signature: "tables",
  summary: "open tables of what is in the lake: Parquet and a Delta log, for DuckDB, Athena, Spark, polars, pandas",
  examples: ["vantageflow tables sync", "vantageflow tables list", "vantageflow tables history"],
} satisfies Declaration;
