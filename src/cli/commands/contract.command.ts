import type { Declaration } from "../command.ts";

export const command = {
  signature: "contract",
  summary: "contracts: how any source becomes readings, and by which rules they are judged",
  examples: [
    "vantageflow contract infer logger.dat",
    "vantageflow contract check logger.json",
    "vantageflow ingest --contract logger.json logger.dat",
    "vantageflow contract list",
  ],
} satisfies Declaration;
