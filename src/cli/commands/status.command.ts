import type { Declaration } from "../command.ts";

export const command = {
  signature: "status [lake]",
  summary: "how the lake does: what to act on, today's figures, layers, alarms, cost",
  options: {
    "--check": "exit 3 when the lake is unhealthy",
    "--watch [seconds]": "look again and again (default: every 5; 60 over a bucket)",
  },
  examples: ["vantageflow status", "vantageflow status --watch 2", "vantageflow status --check || [ $? = 3 ]"],
} satisfies Declaration;
