import type { Declaration } from "../../command.ts";

export const command = {
  signature: "dismiss <id...>",
  summary: "close it for good; the record is kept",
  examples: ["vantageflow dlq dismiss bronze/broken.csv"],
} satisfies Declaration;
