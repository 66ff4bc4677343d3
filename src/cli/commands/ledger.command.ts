import type { Declaration } from "../command.ts";

export const command = {
  signature: "ledger",
  summary: "receipts and dead letters, sealed so that it shows when somebody removes or rewrites one",
  examples: ["vantageflow ledger seal", "vantageflow ledger verify"],
} satisfies Declaration;
