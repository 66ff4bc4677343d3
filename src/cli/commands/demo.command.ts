import type { Declaration } from "../command.ts";

export const command = {
  signature: "demo [dir]",
  summary: "make a small lake with a failing device and run it to gold",
  examples: ["vantageflow demo", "vantageflow demo ./elsewhere"],
} satisfies Declaration;
