import type { Declaration } from "../../command.ts";

export const command = {
  signature: "show <name>",
  summary: "a contract as it lies in the lake",
  examples: ["vantageflow contract show logger", "vantageflow contract show logger --json"],
} satisfies Declaration;
