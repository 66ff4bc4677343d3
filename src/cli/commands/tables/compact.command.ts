import type { Declaration } from "../../command.ts";

export const command = {
  signature: "compact",
  summary: "merge the small files of each day of the table into sorted ones of about 128 MB",
  examples: ["vantageflow tables compact", "vantageflow tables compact --json"],
} satisfies Declaration;
