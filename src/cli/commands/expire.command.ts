import type { Declaration } from "../command.ts";

export const command = {
  signature: "expire",
  summary: "remove what is older than its layer's retention, but never work",
  options: {
    "--dry-run": "only say what would be removed",
    "--now <time>": "as of this time instead of now",
    "--concurrency <n>": "objects in flight at once (default: cores; 16 with a bucket)",
  },
  examples: ["vantageflow expire --dry-run", "vantageflow expire --dry-run --now 2030-01-31", "vantageflow expire"],
} satisfies Declaration;
