import type { Declaration } from "../command.ts";

export const command = {
  signature: "watch [lake]",
  summary: "process all there is to do, then follow the lake",
  options: {
    "--concurrency <n>": "batches in flight at once (default: cores)",
    "--poll": "list the lake at an interval instead of waiting for events: for network drives",
    "--interval <s>": "seconds between two listings, at least (default: 60, with --poll 2)",
    "--settle <s>": "seconds a file must rest where its writer cannot be seen (default: 1)",
    "--retry-delay <s>": "seconds before a failed function's second attempt (default: 60)",
  },
  examples: [
    "vantageflow watch ./lake",
    "vantageflow watch ./lake --json --retry-delay 1",
    "vantageflow watch ./lake --poll --interval 5",
  ],
} satisfies Declaration;
