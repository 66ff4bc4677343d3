import type { Declaration } from "../command.ts";

export const command = {
  signature: "run [lake]",
  summary: "process all there is to do, once",
  options: {
    "--dry-run": "only say what there is to do",
    "--reprocess [prefix]": "process batches again, all or those whose path starts with the prefix",
    "--fail-on-rejects": "exit 1 when a row was rejected",
    "--concurrency <n>": "batches in flight at once (default: 64; 16 with a bucket)",
  },
  examples: ["vantageflow run ./lake", "vantageflow run --dry-run", "vantageflow run --reprocess readings"],
} satisfies Declaration;
