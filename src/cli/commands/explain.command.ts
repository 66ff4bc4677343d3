import type { Declaration } from "../command.ts";

export const command = {
  signature: "explain <key>",
  summary: "what starts for a key, or why nothing does; what happened to it and what is next",
  examples: ["vantageflow explain bronze/readings.csv", "vantageflow explain readings.csv --json"],
} satisfies Declaration;
