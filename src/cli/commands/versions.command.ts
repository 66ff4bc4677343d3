import type { Declaration } from "../command.ts";

export const command = {
  signature: "versions <key>",
  summary: "the versions of an object, kept when it was overwritten or removed",
  examples: ["vantageflow versions bronze/readings.csv", "vantageflow versions bronze/readings.csv --json"],
} satisfies Declaration;
