import type { Declaration } from "../command.ts";

export const command = {
  signature: "detect [lake]",
  summary: "odd readings of each device, and why, by what it had before; kept in tables/detections/",
  options: {
    "--device <id>": "only this device",
    "--since <time>": "only what was read since: 2026-01-31, 2026-01-31T12:00:00Z, 24h, 7d",
    "--muted": "those that are muted, too, with who said so and why",
    "--input <file>": "a CSV with a time and a value instead of a lake; - is stdin",
    "--scores": "with --input: every row with its score, as CSV",
    "--one-in <time>":
      "accept about one false alarm of a device in this time: 30d, 12h, 5m; of a lake only to try it, nothing is kept (the setting detectOneIn is)",
  },
  examples: [
    "vantageflow detect",
    "vantageflow detect --device FAB-TEM-001 --since 7d --json",
    "vantageflow detect --one-in 120d",
    "vantageflow detect --input readings.csv --scores",
  ],
} satisfies Declaration;
