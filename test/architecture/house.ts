/**
 * The house: each room, and which of those above it a file of it may import, beside its own and `base` (the files directly
 * under `src/` that nothing else is needed for). A new room is a row; what it may import is decided here and nowhere else.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  storage: [],
  ledger: ["storage"],
  pipeline: ["ledger", "storage"],
  config: ["pipeline", "storage"],
  contracts: ["pipeline", "ledger", "storage"],
  convert: ["pipeline"],
  generator: [],
  report: ["pipeline", "ledger", "storage"],
  detection: ["pipeline"],
  tables: ["detection", "pipeline", "ledger", "storage"],
  compare: ["tables", "pipeline", "ledger", "storage"],
  functions: ["contracts", "pipeline", "ledger", "storage"],
  retention: ["ledger", "storage"],
  versions: ["ledger", "storage"],
  backup: ["compare", "ledger", "storage"],
  engine: ["functions", "contracts", "pipeline", "ledger", "storage"],
  replay: ["engine", "functions", "compare", "ledger", "storage"],
  verify: ["engine", "functions", "ledger", "storage"],
  seals: ["compare", "ledger", "storage"],
  streams: ["contracts", "pipeline", "ledger", "storage"],
  sql: ["tables", "report", "pipeline", "ledger", "storage"],
  cost: ["ledger", "storage"],
  preview: ["contracts", "cost", "report", "pipeline", "ledger", "storage"],
  monitor: ["streams", "contracts", "cost", "verify", "detection", "tables", "report", "pipeline", "ledger", "storage"],
  api: ["monitor", "contracts", "cost", "verify", "detection", "tables", "report", "pipeline", "ledger"],
  dashboard: ["api", "monitor", "detection", "tables", "cost", "report", "ledger", "pipeline"],
  emulator: ["engine", "functions", "streams", "monitor", "cost", "pipeline", "ledger", "storage"],
  library: ["engine", "functions", "monitor", "config", "pipeline", "ledger", "storage"],
  lambda: ["api", "monitor", "functions", "tables", "streams", "config", "pipeline", "ledger", "storage"],
  cli: [
    ...[
      "emulator",
      "dashboard",
      "monitor",
      "cost",
      "sql",
      "streams",
      "detection",
      "tables",
      "verify",
      "replay",
      "engine",
      "backup",
      "versions",
      "seals",
    ],
    ...["retention", "functions", "preview", "compare", "report", "generator", "convert", "contracts", "config"],
    ...["pipeline", "ledger", "storage"],
  ],
};

/** Rows of the table whose rooms are planned and not yet built. */
export const TO_COME: readonly string[] = [];

/** Exported names that stand for one thing in several files; all others are declared once. */
export const SHARED_NAMES: Readonly<Record<string, { readonly in: RegExp; readonly why: string }>> = {
  Place: { in: /^storage\/(local\/paths|s3\/place)\.ts$/, why: "where a lake is, as each adapter needs it" },
  PRIVATE: { in: /^storage\/(local\/paths|s3\/place)\.ts$/, why: "the folder that no listing shows, of each adapter" },
  bronzeToSilver: {
    in: /^(pipeline|functions)\/stages\.ts$/,
    why: "the stage, and the stage as a lake's contracts have it",
  },
  bronzeToGold: {
    in: /^(pipeline|functions)\/stages\.ts$/,
    why: "the stage, and the stage as a lake's contracts have it",
  },
  openReader: { in: /^storage\/(local|s3)\/reader\.ts$/, why: "the same part of the port in each adapter" },
  tokenOf: { in: /^storage\/(local\/files|s3\/head)\.ts$/, why: "the version of an object in each adapter" },
  handler: { in: /^lambda\//, why: "the entry of a function: its name is a setting of the deployment" },
  command: { in: /^cli\/commands\/.*\.command\.ts$/, why: "the declaration of each command" },
  action: { in: /^cli\/commands\//, why: "the code of each command" },
};
