import type { Declaration } from "../../command.ts";

export const command = {
  signature: "schema",
  summary: "print the JSON Schema of contracts, by which editors complete and check",
  examples: ["vantageflow contract schema > contract.schema.json"],
} satisfies Declaration;
