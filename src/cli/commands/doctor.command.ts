import type { Declaration } from "../command.ts";

export const command = {
  signature: "doctor",
  summary: "check this machine; print every setting and where it comes from",
  examples: ["vantageflow doctor", "vantageflow doctor --json"],
} satisfies Declaration;
