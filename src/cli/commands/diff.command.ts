import type { Declaration } from "../command.ts";

export const command = {
  signature: "diff <lakeA> <lakeB>",
  summary: "compare two lakes by object, row and cell, and their tables by rows; exit 1 when they differ",
  options: {
    "--prefix <prefix>": "only keys, or paths in every layer, that begin with it: gold/, 2025/01/",
    "--limit <n>": { description: "differences told per object; the rest is counted", default: "20" },
    "--concurrency <n>": "objects in flight at once (default: cores; 16 with a bucket)",
  },
  examples: [
    "vantageflow diff ./lake ./backup",
    "vantageflow diff ./lake ./backup --prefix gold/ --json",
    "vantageflow diff ./lake ./backup --prefix readings --limit 100",
  ],
} satisfies Declaration;
