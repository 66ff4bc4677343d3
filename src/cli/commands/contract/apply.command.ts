import type { Declaration } from "../../command.ts";

export const command = {
  signature: "apply <file...>",
  summary: "put contracts in force in the lake; says what changes first, and asks where batches are concerned",
  options: { "--yes": "do not ask: needed without a terminal where batches are concerned" },
  examples: ["vantageflow contract apply logger.json", "vantageflow contract apply logger.json --yes --json"],
} satisfies Declaration;
