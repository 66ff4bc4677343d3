import type { Declaration } from "../command.ts";

export const command = {
  signature: "plan",
  summary: "say what other rules would do to the batches in bronze, row by row; writes nothing",
  options: {
    "--contract <file...>": "contracts as they would be",
    "--prefix <prefix>": "only batches whose key, or path, begins with it",
    "--since <time>": "only batches that came since: 2026-01-31, 24h, 7d",
    "--limit <n>": { description: "rows told one by one; the rest is counted", default: "20" },
    "--exit-code": "exit 1 when something would change",
    "--concurrency <n>": "batches in flight at once (default: cores; 16 with a bucket)",
  },
  examples: [
    "vantageflow plan --anomaly-threshold 0.7",
    "vantageflow plan --contract station.json --prefix bronze/station/",
    "vantageflow plan --contract station.json --exit-code --json",
  ],
} satisfies Declaration;
