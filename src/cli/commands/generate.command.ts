import type { Declaration } from "../command.ts";

export const command = {
  signature: "generate",
  summary: "write seeded readings as CSV",
  options: {
    "--rows <n>": { description: "readings", default: "1000" },
    "--devices <n>": { description: "devices", default: "20" },
    "--seed <n>": { description: "the same seed gives the same bytes", default: "1" },
    "--wide": "the eight columns of the fleet's producers",
    "--anomalies <rate>": { description: "share of readings above the threshold, 0 to 1", default: "0.05" },
    "--invalid <rate>": { description: "share of rows that are no valid readings, 0 to 1", default: "0" },
    "--out <file>": "write a file instead of stdout",
  },
  examples: [
    "vantageflow generate --rows 1000 --out readings.csv",
    "vantageflow generate --rows 100000 --devices 50 --invalid 0.01 --out dirty.csv",
    "vantageflow generate --wide --seed 7",
  ],
} satisfies Declaration;
