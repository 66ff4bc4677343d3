import type { Declaration } from "../../command.ts";

export const command = {
  signature: "show <id>",
  summary: "one dead letter, whole; the beginning of its ID or the path of its file will do",
  examples: ["vantageflow dlq show broken.csv", 'vantageflow dlq show "$(vantageflow dlq list | head -1 | cut -f1)"'],
} satisfies Declaration;
