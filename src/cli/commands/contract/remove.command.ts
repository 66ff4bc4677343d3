import type { Declaration } from "../../command.ts";

export const command = {
  signature: "remove <name>",
  summary: "take a contract out of force: its batches wait until it is applied again, or let go",
  options: {
    "--release": "let its batches go, too: what else claims them reads them, or the built-in contract",
    "--yes": "do not ask: needed without a terminal",
  },
  examples: [
    "vantageflow contract remove logger --yes",
    "vantageflow contract apply logger.json --yes",
    "vantageflow contract remove logger --release --yes",
  ],
} satisfies Declaration;
