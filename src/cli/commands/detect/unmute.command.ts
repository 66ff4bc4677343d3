import type { Declaration } from "../../command.ts";

export const command = {
  signature: "unmute <id>",
  summary: "take back a mute, or all of a device",
  examples: ["vantageflow detect unmute FAB-TEM-001"],
} satisfies Declaration;
