import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type ConfigInput, type Resolved, resolveConfig, SETTINGS, type SettingName } from "../config.ts";
import { VantageflowError } from "../errors.ts";
import type { ProcessContext } from "../functions/process.ts";
import { openInputCopies, openStorage } from "../storage/open.ts";
import type { GlobalFlags, Io } from "./io.ts";
import { VERSION } from "./version.ts";

export const CONFIG_FILE = "vantageflow.config.json";

/** Flags that are settings too. */
type SettingFlags = GlobalFlags & { readonly [name in SettingName]?: string };

/** The settings of this call, from its flags, the environment and the config file in the current directory. */
export async function loadSettings(io: Io, flags: SettingFlags): Promise<Resolved> {
  return resolveConfig(configInput(io, flags, await readConfigFile(io)));
}

/** What this call has to say about the settings. */
export function configInput(io: Io, flags: SettingFlags, file: unknown): ConfigInput {
  const given: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) if (flags[name] !== undefined) given[name] = flags[name];
  return { flags: given, environment: io.environment, file, cores: availableParallelism() };
}

/** Opens the lake of these settings for processing. */
export function openLake(io: Io, { config }: Resolved, lake?: string): ProcessContext {
  const url = lake ?? config.lake;
  return {
    storage: openStorage(url),
    settings: config.pipeline,
    code: VERSION,
    now: io.now,
    keepInput: config.copyInputs ? openInputCopies(url) : undefined,
  };
}

/** Undefined when there is no file. Throws `config_invalid` with line and column when it is no JSON. */
export async function readConfigFile(io: Io): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(join(io.cwd, CONFIG_FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const why = `${(error as Error).message}. Put a readable file there, or remove it`;
    throw new VantageflowError("config_invalid", `Cannot read "${CONFIG_FILE}": ${why}.`, {
      cause: error,
    });
  }
  return parseJsonFile(text.replace(/^\ufeff/, ""), CONFIG_FILE);
}

/** JSON with the place of a mistake. Throws `config_invalid`. */
async function parseJsonFile(text: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { jsonErrorPosition } = await import("../convert/json-error.ts");
    const before = text.slice(0, jsonErrorPosition(text)).split("\n");
    const [line, column] = [before.length, before[before.length - 1].length + 1];
    const why = `line ${line}, column ${column}: this is not JSON. Mend the file or remove it`;
    throw new VantageflowError("config_invalid", `Cannot read "${name}": ${why}.`, { line, cause: error });
  }
}
