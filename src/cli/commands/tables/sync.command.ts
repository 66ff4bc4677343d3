import type { Declaration } from "../../command.ts";

export const command = {
  signature: "sync",
  summary: "bring tables/readings/ to what silver and anomalies are",
  options: {
    "--rebuild": "take the table away first and make it anew; what silver does not have any more is lost",
    "--yes": "do not ask before --rebuild",
  },
  examples: ["vantageflow tables sync", "vantageflow tables sync --json", "vantageflow tables sync --rebuild --yes"],
} satisfies Declaration;
