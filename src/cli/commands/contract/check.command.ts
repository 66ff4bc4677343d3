import type { Declaration } from "../../command.ts";

export const command = {
  signature: "check <file...>",
  summary: "say all that is wrong with contracts, what they claim, and with --lake what stands against them there",
  examples: ["vantageflow contract check logger.json", "vantageflow contract check logger.json --lake ./lake --json"],
} satisfies Declaration;
