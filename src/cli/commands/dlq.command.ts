import type { Declaration } from "../command.ts";

export const command = {
  signature: "dlq",
  summary: "dead letters: what was refused or has failed, and what to do about it",
  examples: ["vantageflow dlq list", "vantageflow dlq show bronze/broken.csv", "vantageflow dlq redrive --dry-run"],
} satisfies Declaration;
