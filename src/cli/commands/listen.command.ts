import type { Declaration } from "../command.ts";

export const command = {
  signature: "listen [lake]",
  summary: "take readings live, over HTTP, and bring them into bronze",
  options: {
    "--http <[host:]port>": {
      description: "where to listen; only on this machine unless a host is named",
      required: true,
    },
    "--flush-seconds <s>": { description: "bring readings into bronze after this time", default: "60" },
    "--flush-bytes <n>": { description: "or when there are so many bytes of them", default: "5000000" },
    "--flush-records <n>": { description: "or so many of them", default: "50000" },
    "--spool <dir>": "where readings are kept until they are in bronze (default: in the lake, or below ~/.local/state)",
  },
  examples: [
    "vantageflow listen --http 4280",
    "vantageflow listen ./lake --http 4280 --flush-seconds 5 --json",
    "VANTAGEFLOW_LISTEN_TOKEN=a-secret-of-16-or-more vantageflow listen --http 0.0.0.0:4281",
    `vantageflow listen --http 4282 & curl -sS --retry 9 --retry-connrefused localhost:4282/v1/readings -H 'Content-Type: application/json' -d '{"device_id": "A", "value": 21.5, "unit": "C"}'; kill $!`,
  ],
} satisfies Declaration;
