import type { Declaration } from "../command.ts";

export const command = {
  signature: "report",
  summary: "statistics per device over gold, and detections where the lake keeps them",
  options: {
    "--device <id...>": "only this device; can be given several times",
    "--since <time>":
      "only batches processed since: 2026-01-31, 2026-01-31T12:00:00Z, 24h, 7d; and detections of readings since",
    "--format <format>": { description: "table or csv (for spreadsheets)", default: "table" },
  },
  examples: [
    "vantageflow report",
    "vantageflow report --device FAB-TEM-001 --json",
    "vantageflow report --since 24h --format csv",
  ],
} satisfies Declaration;
