import type { Declaration } from "../command.ts";

export const command = {
  signature: "invoke <function>",
  summary: "give a function an event, as S3 would, with Lambda's three attempts",
  options: {
    "--event <file>": { description: "a JSON file; - reads stdin", required: true },
    "--retry-delay <s>": "seconds before the second attempt, twice that before the third (default: 60)",
  },
  examples: [
    "vantageflow generate-event s3-put --key bronze/readings.csv > event.json",
    "vantageflow invoke vantageflow-process-iot --event event.json",
    "vantageflow generate-event s3-put --key silver/readings.csv | vantageflow invoke vantageflow-silver-to-gold --event -",
  ],
} satisfies Declaration;
