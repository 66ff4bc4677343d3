import type { Declaration } from "../command.ts";

export const command = {
  signature: "cost [lake]",
  summary: "estimate what a month of this lake costs on AWS",
  options: {
    "--months <n>": "the coming months, one by one, as storage grows until retention ends it",
  },
  examples: ["vantageflow cost", "vantageflow cost --months 12", "vantageflow cost --json"],
} satisfies Declaration;
