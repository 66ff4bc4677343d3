import type { Declaration } from "../command.ts";

export const command = {
  signature: "generate-event <kind>",
  summary: "print an event in AWS's format: s3-put or s3-test",
  options: {
    "--bucket <name>": "the bucket (default: that which the lake stands for)",
    "--key <key>": { description: "the object's key", default: "bronze/readings.csv" },
    "--size <bytes>": "its size (default: that of the lake's object)",
    "--etag <etag>": "its ETag (default: the version token of the lake's object)",
    "--version-id <id>": "its version, where the bucket keeps them",
    "--region <region>": "the bucket's region (default: us-east-1)",
    "--time <time>": { description: "when it happened", default: "1970-01-01" },
  },
  examples: [
    "vantageflow generate-event s3-put --key bronze/readings.csv",
    "vantageflow generate-event s3-put --bucket my-bucket --key 'bronze/two words.csv' --size 512 --time 2026-01-31",
    "vantageflow generate-event s3-test",
  ],
} satisfies Declaration;
