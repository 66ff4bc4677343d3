import type { Declaration } from "../command.ts";

export const command = {
  signature: "ingest <file...>",
  summary: "land files as bronze and run them to gold; - reads stdin",
  options: {
    "--name <name>": "what to call the batch: needed for -",
    "--contract <name-or-file>":
      "what reads them: a contract of the lake, or a file of one, which is applied where it is new",
    "--overwrite": "replace a batch of the same name and other content",
    "--fail-on-rejects": "exit 1 when a row was rejected",
    "--concurrency <n>": "files in flight at once (default: 64; 16 with a bucket)",
  },
  examples: [
    "vantageflow ingest readings.csv",
    "vantageflow generate --rows 500 | vantageflow ingest - --name today.csv",
    "vantageflow ingest --contract logger.json logger.dat",
    "vantageflow ingest readings.csv --overwrite --fail-on-rejects --json",
  ],
} satisfies Declaration;
