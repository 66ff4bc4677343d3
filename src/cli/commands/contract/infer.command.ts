import type { Declaration } from "../../command.ts";

export const command = {
  signature: "infer <file>",
  summary: "propose a contract from the beginning of a file, and say what is unsure; - reads stdin",
  options: {
    "--out <file>": "where to write it (default: stdout)",
    "--name <name>": "what the file is called: needed for -",
    "--overwrite": "replace a file that is there",
  },
  examples: [
    "vantageflow contract infer logger.dat",
    "vantageflow contract infer logger.dat --out proposal.json --overwrite",
    "head -c 1000000 logger.dat | vantageflow contract infer - --name logger.dat",
  ],
} satisfies Declaration;
