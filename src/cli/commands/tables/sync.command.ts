import type { Declaration } from "../../command.ts";

export const command = {
  signature: "sync",
  summary: "bring tables/readings/ to what silver and anomalies are",
  options: {
    "--rebuild": "take the table away first and make it anew; what silver does not have any more is lost",
    "--rewind":
      "put a table of which not all has arrived back to its newest whole version first; what came since comes again",
    "--yes": "do not ask before --rebuild",
  },
  examples: [
    "vantageflow tables sync",
    "vantageflow tables sync --json",
    "vantageflow tables sync --rebuild --yes",
    "vantageflow tables sync --rewind",
  ],
} satisfies Declaration;
