import type { Declaration } from "../../command.ts";

export const command = {
  signature: "vacuum",
  summary: "remove files of the table that no version of the last 7 days needs",
  options: { "--dry-run": "only say what would be removed" },
  examples: ["vantageflow tables vacuum --dry-run", "vantageflow tables vacuum --json"],
} satisfies Declaration;
