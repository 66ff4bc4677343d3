import { spanIn } from "./time.ts";

/** The settings as callers may give them: text from flags and environment, JSON values from the file. */
export type SettingName =
  | "lake"
  | "failures"
  | "anomalyThreshold"
  | "maxRowBytes"
  | "concurrency"
  | "interval"
  | "retryDelay"
  | "settle"
  | "copyInputs"
  | "detectOneIn";
export type SettingValue = string | number | boolean;
export type SettingOrigin = "flag" | "environment" | "config file" | "default";

interface Setting {
  readonly environment: readonly string[];
  readonly description: string;
  /** The value, or undefined where `given` is none. */
  readonly read: (given: unknown) => SettingValue | undefined;
  readonly wanted: string;
}

function numberBetween(from: number, to: number, whole: boolean) {
  return (given: unknown): number | undefined => {
    const text = typeof given === "number" ? String(given) : given;
    if (typeof text !== "string" || !/^\d+(\.\d+)?(e-?\d+)?$/i.test(text.trim())) return undefined;
    const value = Number(text);
    return value >= from && value <= to && (!whole || Number.isInteger(value)) ? value : undefined;
  };
}

/** Every setting, once: its name in the file, in the environment, and what it may be. */
export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  lake: {
    environment: ["VANTAGEFLOW_LAKE"],
    description: "where the lake is",
    read: (given) => (typeof given === "string" && given.trim() !== "" ? given : undefined),
    wanted: "a directory or s3://bucket[/prefix]",
  },
  failures: {
    environment: ["VANTAGEFLOW_FAILURES"],
    description: "where Lambda's own failure records are, beside those of the lake",
    read: (given) => (typeof given === "string" && given.trim() !== "" ? given : undefined),
    wanted: "a directory or s3://bucket",
  },
  anomalyThreshold: {
    environment: ["VANTAGEFLOW_ANOMALY_THRESHOLD", "ANOMALY_THRESHOLD"],
    description: "a reading with a higher anomaly_score is an anomaly",
    read: numberBetween(0, 1, false),
    wanted: "a number from 0 to 1",
  },
  maxRowBytes: {
    environment: ["VANTAGEFLOW_MAX_ROW_BYTES"],
    description: "the longest row; a longer one refuses its file",
    read: numberBetween(1024, 64 * 1024 * 1024, true),
    wanted: "a whole number of bytes from 1024 to 67108864",
  },
  concurrency: {
    environment: ["VANTAGEFLOW_CONCURRENCY"],
    description: "batches in flight at once",
    read: numberBetween(1, 256, true),
    wanted: "a whole number from 1 to 256",
  },
  interval: {
    environment: ["VANTAGEFLOW_INTERVAL"],
    description: "seconds between two listings of a watched lake, at least (2 when it is polled)",
    read: numberBetween(0.05, 86_400, false),
    wanted: "a number of seconds from 0.05 to 86400",
  },
  retryDelay: {
    environment: ["VANTAGEFLOW_RETRY_DELAY"],
    description: "seconds before a failed function's second attempt; twice that before the third",
    read: numberBetween(0, 86_400, false),
    wanted: "a number of seconds from 0 to 86400",
  },
  settle: {
    environment: ["VANTAGEFLOW_SETTLE"],
    description: "seconds a file must rest where its writer cannot be seen",
    read: numberBetween(0, 86_400, false),
    wanted: "a number of seconds from 0 to 86400",
  },
  copyInputs: {
    environment: ["VANTAGEFLOW_COPY_INPUTS"],
    description: "keep a copy of each processed bronze file among the versions",
    read: (given) =>
      given === true || given === "true" ? true : given === false || given === "false" ? false : undefined,
    wanted: "true or false",
  },
  detectOneIn: {
    environment: ["VANTAGEFLOW_DETECT_ONE_IN"],
    description: "about one false alarm of a device in this time; else as the lake has it, at first 30d",
    read: (given) => (typeof given === "string" && (spanIn(given) ?? 0) > 0 ? given : undefined),
    wanted: "a length of time as 30d, 12h or 5m",
  },
};
