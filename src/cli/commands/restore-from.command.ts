import type { Declaration } from "../command.ts";

export const command = {
  signature: "restore-from <src>",
  summary: "make the lake hold what a backup holds",
  options: {
    "--arrivals": "copy only bronze that the lake does not have, or an older upload of; remove nothing",
    "--delete": "remove what is only in the lake, unless it is all of a layer; asks first",
    "--delete-emptied": "remove all of a layer of which the other side has nothing, too",
    "--yes": "do not ask",
    "--concurrency <n>": "objects in flight at once (default: cores; 16 with a bucket)",
  },
  examples: [
    "vantageflow restore-from ./backup",
    "vantageflow restore-from ./backup --lake ./restored",
    "vantageflow restore-from ./backup --arrivals",
  ],
} satisfies Declaration;
