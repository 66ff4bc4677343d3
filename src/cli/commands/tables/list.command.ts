import type { Declaration } from "../../command.ts";

export const command = {
  signature: "list",
  summary: "the tables: version, rows, files, days and what waits",
  examples: ["vantageflow tables list", "vantageflow tables list --json"],
} satisfies Declaration;
