import type { Declaration } from "../../command.ts";

export const command = {
  signature: "mute <device>",
  summary: "tell nobody of a device's detections, or of one, and keep who said so and why",
  options: {
    "--why <text>": { description: "what is known of them, for who looks later", required: true },
    "--at <time>": "only the detection of this time, as detect prints it: it is acknowledged",
    "--from <time>": "those of readings from this time on: 2026-01-31, 2026-01-31T12:00:00Z, 24h (default: now)",
    "--to <time>": "those of readings up to this time (default: all that come)",
    "--by <name>": "who says so (default: who is logged in)",
  },
  examples: [
    'vantageflow detect mute FAB-TEM-001 --why "new pump, tuned until Friday" --to 2027-01-31',
    'vantageflow detect mute FAB-TEM-001 --from 2026-01-31T12:00:00Z --to 2026-01-31T13:00:00Z --why "the door stood open"',
  ],
} satisfies Declaration;
