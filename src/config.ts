import { VantageflowError } from "./errors.ts";
import { DEFAULT_SETTINGS, type PipelineSettings } from "./pipeline/settings.ts";
import { isS3 } from "./storage/url.ts";

/** Of small objects in a bucket, where what takes time is waiting for answers: measured, see docs/s3.md. */
const BUCKET_CONCURRENCY = 16;

/** Objects in flight at once, unless somebody says otherwise, where lakes with these URLs take part. */
export function defaultConcurrency(cores: number, ...lakes: readonly string[]): number {
  return lakes.some(isS3) ? Math.max(cores, BUCKET_CONCURRENCY) : cores;
}

/** Small batches wait for the disk together: the more there are, the less often. */
const BATCHES_IN_DIRECTORY = 64;

/** Batches in flight at once in a lake, unless somebody says otherwise. */
function defaultBatches(cores: number, lake: string): number {
  return isS3(lake) ? defaultConcurrency(cores, lake) : BATCHES_IN_DIRECTORY;
}

/** Seconds from one look at a lake to the next, unless somebody says otherwise: listings of a bucket cost money (docs/s3.md). */
export function defaultLookSeconds(lake: string): number {
  return isS3(lake) ? 60 : 5;
}

/** Made on first use. */
export const DEFAULT_LAKE = "./lake";

/** Everything a run depends on, complete and frozen. */
export interface Config {
  /** A directory, or `s3://bucket[/prefix]`. */
  readonly lake: string;
  /** Where Lambda puts the records of crashes and time-outs, another such place; null where there is none. */
  readonly failures: string | null;
  readonly concurrency: number;
  /** Of `watch`, seconds: between sweeps at least, before the second attempt, and how long an upload must rest. */
  readonly interval: number;
  readonly retryDelay: number;
  readonly settle: number;
  /** Keep a copy of each bronze object that is processed, so that a foreign program's overwrite can be restored. */
  readonly copyInputs: boolean;
  readonly pipeline: PipelineSettings;
}

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
  | "copyInputs";
type SettingValue = string | number | boolean;
type SettingOrigin = "flag" | "environment" | "config file" | "default";

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
};

export interface ConfigInput {
  readonly flags: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The parsed config file, or undefined where there is none. */
  readonly file: unknown;
  /** How many cores there are: the default concurrency over a directory. */
  readonly cores: number;
}

export interface Resolved {
  readonly config: Config;
  /** Each setting with its value and where it came from, for `doctor`. */
  readonly origins: readonly {
    readonly name: SettingName;
    readonly value: SettingValue;
    readonly source: SettingOrigin;
    /** The environment variable or other name it was found under; what is wrong with one that could not be used. */
    readonly detail: string;
  }[];
}

/**
 * Brings flags, environment, config file and defaults together, in this order of precedence.
 * Throws `config_invalid` with every problem at once.
 */
export function resolveConfig(input: ConfigInput): Resolved {
  const { problems, ...resolved } = inspectConfig(input);
  if (problems.length === 0) return resolved;
  throw new VantageflowError(
    "config_invalid",
    `Cannot use the settings: ${problems.join("; ")}. Run: vantageflow doctor`,
  );
}

/** The same for `doctor`: what is wrong is said, and the default stands in for it. */
export function inspectConfig(input: ConfigInput): Resolved & { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const file = fileSettings(input.file, problems);
  const lake = SETTINGS.lake.read(firstGiven("lake", input, file)?.value) ?? "./lake";
  const defaults = {
    lake: DEFAULT_LAKE,
    failures: "",
    anomalyThreshold: DEFAULT_SETTINGS.anomalyThreshold,
    maxRowBytes: DEFAULT_SETTINGS.maxRowBytes,
    concurrency: defaultBatches(input.cores, String(lake)),
    interval: 60,
    retryDelay: 60,
    settle: 1,
    copyInputs: false,
  };
  const origins = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const given = firstGiven(name, input, file);
    if (given === null) return { name, value: defaults[name], source: "default" as const, detail: "" };
    const value = SETTINGS[name].read(given.value);
    if (value !== undefined) return { name, value, source: given.source, detail: given.detail };
    const problem = `${given.detail} is ${JSON.stringify(given.value)}, not ${SETTINGS[name].wanted}`;
    problems.push(problem);
    return { name, value: defaults[name], source: "default" as const, detail: problem };
  });
  const chosen = (name: SettingName) => origins.find((origin) => origin.name === name)!.value;
  const config: Config = Object.freeze({
    lake: String(chosen("lake")),
    failures: String(chosen("failures")) || null,
    concurrency: Number(chosen("concurrency")),
    interval: Number(chosen("interval")),
    retryDelay: Number(chosen("retryDelay")),
    settle: Number(chosen("settle")),
    copyInputs: chosen("copyInputs") === true,
    pipeline: Object.freeze({
      ...DEFAULT_SETTINGS,
      anomalyThreshold: Number(chosen("anomalyThreshold")),
      maxRowBytes: Number(chosen("maxRowBytes")),
    }),
  });
  return { config, origins, problems };
}

interface Given {
  readonly value: unknown;
  readonly source: SettingOrigin;
  readonly detail: string;
}

function firstGiven(name: SettingName, input: ConfigInput, file: ReadonlyMap<string, unknown>): Given | null {
  if (input.flags[name] !== undefined) return { value: input.flags[name], source: "flag", detail: `--${dashed(name)}` };
  for (const variable of SETTINGS[name].environment) {
    const value = input.environment[variable];
    if (value !== undefined && value !== "") return { value, source: "environment", detail: variable };
  }
  return file.has(name) ? { value: file.get(name), source: "config file", detail: `"${name}"` } : null;
}

/** `anomalyThreshold` as a flag: `anomaly-threshold`. */
function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function fileSettings(file: unknown, problems: string[]): Map<string, unknown> {
  if (file === undefined) return new Map();
  if (typeof file !== "object" || file === null || Array.isArray(file)) {
    problems.push("the config file is not a JSON object");
    return new Map();
  }
  const entries = Object.entries(file);
  for (const [name] of entries) {
    if (!Object.hasOwn(SETTINGS, name)) {
      problems.push(`the config file has ${JSON.stringify(name)}, but knows only ${Object.keys(SETTINGS).join(", ")}`);
    }
  }
  return new Map(entries);
}
