import type { Declaration } from "../command.ts";

export const command = {
  signature: "backup <dest>",
  summary: "make another place hold what the lake holds, without its older versions",
  options: {
    "--delete": "remove what is only in the backup, unless it is all of a layer; asks first",
    "--delete-emptied": "remove all of a layer of which the other side has nothing, too",
    "--yes": "do not ask",
    "--concurrency <n>": "objects in flight at once (default: cores; 16 with a bucket)",
  },
  examples: [
    "vantageflow backup ./backup",
    "vantageflow backup ./backup --delete --yes",
    "vantageflow backup ./backup --delete-emptied --yes",
  ],
} satisfies Declaration;
