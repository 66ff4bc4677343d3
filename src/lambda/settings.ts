import { type Config, inspectConfig } from "../config.ts";
import { VantageflowError } from "../errors.ts";
import type { PipelineSettings } from "../pipeline/settings.ts";
import { topology } from "../topology.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** In order: a line is written when its level is not below the setting. */
export const LOG_LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface FunctionSettings {
  /** What log lines say of the deployment. */
  readonly stage: string;
  readonly logLevel: LogLevel;
  readonly pipeline: PipelineSettings;
}

/** Of a function that the clock starts: no event tells it of a bucket. */
export interface ClockSettings extends FunctionSettings {
  /** A bucket. */
  readonly lake: string;
}

/** Of the function that keeps detections. */
export interface DetectSettings extends ClockSettings {
  /** See `Config`. */
  readonly detectOneIn: number | null;
}

export interface SweepSettings extends ClockSettings {
  /** A bucket. */
  readonly failures: string;
}

/** What a triggered function takes from its environment. Throws `config_invalid` with every problem at once. */
export function functionSettings(environment: Environment): FunctionSettings {
  return checked(environment, common);
}

/** The same of a function that the clock starts. */
export function clockSettings(environment: Environment): ClockSettings {
  return checked(environment, (read) => ({ ...common(read), lake: read.bucket("VANTAGEFLOW_LAKE") }));
}

/** The same of the function that keeps detections. */
export function detectSettings(environment: Environment): DetectSettings {
  return checked(environment, (read) => ({
    ...common(read),
    lake: read.bucket("VANTAGEFLOW_LAKE"),
    detectOneIn: read.config().detectOneIn,
  }));
}

/** The same of what looks at all there is, the sweep and the data API: also at what Lambda gave up on. */
export function sweepSettings(environment: Environment): SweepSettings {
  return checked(environment, (read) => ({
    ...common(read),
    lake: read.bucket("VANTAGEFLOW_LAKE"),
    failures: read.bucket("VANTAGEFLOW_FAILURES"),
  }));
}

type Reader = ReturnType<typeof readerOf>;

function common(read: Reader): FunctionSettings {
  return {
    stage: read.one("STAGE", topology.stage, "a name of letters, digits, . _ -", stageOf),
    logLevel: read.one("LOG_LEVEL", "INFO" as LogLevel, `one of ${LOG_LEVELS.join(", ")}`, levelOf),
    pipeline: read.config().pipeline,
  };
}

function checked<T>(environment: Environment, settings: (read: Reader) => T): T {
  const problems: string[] = [];
  const result = settings(readerOf(environment, problems));
  if (problems.length === 0) return result;
  const what = "Correct it in src/topology.json and apply";
  throw new VantageflowError("config_invalid", `Cannot use the environment: ${problems.join("; ")}. ${what}.`);
}

function readerOf(environment: Environment, problems: string[]) {
  function one<T>(name: string, otherwise: T, wanted: string, read: (text: string) => T | undefined): T {
    const text = environment[name];
    if (text === undefined || text === "") return otherwise;
    const value = read(text);
    if (value === undefined) problems.push(`${name} is ${JSON.stringify(text)}, not ${wanted}`);
    return value ?? otherwise;
  }
  return {
    one,
    bucket(name: string): string {
      const found = one(name, "", "s3://bucket", (url) => /^s3:\/\/([\w.-]+)\/?$/.exec(url)?.[1]);
      if (!environment[name]) problems.push(`${name} is missing`);
      return found;
    },
    config(): Config {
      const { config, problems: found } = inspectConfig({ flags: {}, environment, file: undefined, cores: 1 });
      problems.push(...found.filter((problem) => !problems.includes(problem)));
      return config;
    },
  };
}

function stageOf(text: string): string | undefined {
  return /^[\w.-]{1,64}$/.test(text) ? text : undefined;
}

function levelOf(text: string): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === text.toUpperCase());
}
