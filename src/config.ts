import { VantageflowError } from "./errors.ts";
import { DEFAULT_SETTINGS, type PipelineSettings } from "./pipeline/settings.ts";
import { SETTINGS, type SettingName, type SettingOrigin, type SettingValue } from "./setting-list.ts";
import { isS3 } from "./storage/url.ts";
import { spanIn } from "./time.ts";

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
  /** About one false alarm of a device is accepted in this time, milliseconds; null where nobody has said so. */
  readonly detectOneIn: number | null;
  readonly pipeline: PipelineSettings;
}

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
    detectOneIn: "",
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
    detectOneIn: spanIn(String(chosen("detectOneIn"))),
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
