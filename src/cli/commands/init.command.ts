import type { Declaration } from "../command.ts";

export const command = {
  signature: "init [dir]",
  summary: "write a config file with the defaults",
  examples: ["vantageflow init"],
} satisfies Declaration;
