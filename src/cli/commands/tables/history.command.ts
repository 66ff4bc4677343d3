import type { Declaration } from "../../command.ts";

export const command = {
  signature: "history",
  summary: "the versions of the table of readings, the newest first",
  options: { "--limit <n>": { description: "how many", default: "20" } },
  examples: ["vantageflow tables history", "vantageflow tables history --limit 100 --json"],
} satisfies Declaration;
