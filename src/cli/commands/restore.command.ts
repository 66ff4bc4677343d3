import type { Declaration } from "../command.ts";

export const command = {
  signature: "restore <key>",
  summary: "make an older version the current one again",
  options: {
    "--version-id <id>": "the version that vantageflow versions lists under this id",
    "--at <time>": "the version that was current then: 2026-01-31, 2026-01-31T12:00:00Z, 24h, 7d",
  },
  examples: [
    "vantageflow restore bronze/readings.csv --at 1h",
    'vantageflow restore bronze/readings.csv --version-id "$(vantageflow versions bronze/readings.csv | tail -1 | cut -f1)"',
  ],
} satisfies Declaration;
