import type { Declaration } from "../command.ts";

export const command = {
  signature: "replay [folder...]",
  summary: "run golden fixtures and compare every byte",
  options: {
    "--update": "write what comes out as what is expected",
    "--junit <file>": "write a JUnit XML report",
  },
  examples: [
    "vantageflow replay fixtures",
    "vantageflow replay fixtures --update",
    "vantageflow replay fixtures --junit junit.xml",
  ],
} satisfies Declaration;
