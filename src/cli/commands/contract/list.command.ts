import type { Declaration } from "../../command.ts";

export const command = {
  signature: "list",
  summary: "the contracts of the lake, and how many batches are theirs",
  examples: ["vantageflow contract list", "vantageflow contract list --json"],
} satisfies Declaration;
