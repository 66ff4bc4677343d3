import type { Declaration } from "../../command.ts";

export const command = {
  signature: "mutes",
  summary: "what is muted, by whom and why",
  examples: ["vantageflow detect mutes"],
} satisfies Declaration;
