import type { Declaration } from "../../command.ts";

export const command = {
  signature: "redrive [id...]",
  summary: "run the function again on what is there now: all that is open, or these",
  options: {
    "--dry-run": "say what would pass with today's code and settings, and write nothing",
  },
  examples: [
    "vantageflow dlq redrive --dry-run",
    "vantageflow dlq redrive bronze/broken.csv --dry-run --json",
    "vantageflow dlq redrive",
  ],
} satisfies Declaration;
