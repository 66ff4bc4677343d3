import type { Declaration } from "../../command.ts";

export const command = {
  signature: "list",
  summary: "what is open: neither processed since, nor dismissed",
  options: {
    "--all": "closed ones too, and how they were closed",
    "--rejects": "instead, the files of rejected rows: one for each batch that has some",
  },
  examples: ["vantageflow dlq list", "vantageflow dlq list --all --json", "vantageflow dlq list --rejects"],
} satisfies Declaration;
