import type { Declaration } from "../command.ts";

export const command = {
  signature: "dashboard [lake]",
  summary: "show the lake in a browser, live; serves the data API, too",
  options: {
    "--port <n>": { description: "the port on this machine; 0 takes a free one", default: "4270" },
    "--interval <s>": "seconds between two looks at the lake (default: 5; 60 over a bucket)",
    "--open": "open it in the browser, where there is a terminal",
  },
  examples: [
    "vantageflow dashboard",
    "vantageflow dashboard ./lake --port 0 --open",
    "VANTAGEFLOW_TOKEN=a-secret-of-16-or-more vantageflow dashboard --port 0 --json",
  ],
} satisfies Declaration;
