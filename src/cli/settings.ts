import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { type ConfigInput, DEFAULT_LAKE, defaultConcurrency, type Resolved, resolveConfig } from "../config.ts";
import { VantageflowError } from "../errors.ts";
import type { ProcessContext } from "../functions/context.ts";
import { SETTINGS, type SettingName } from "../setting-list.ts";
import { checkLakeFolders, isThere, openClaims, openInputCopies, openStorage } from "../storage/open.ts";
import { absoluteUrl } from "../storage/url.ts";
import { topology } from "../topology.ts";
import { VERSION } from "../version.ts";
import { type GlobalFlags, type Io, lakeOption, shellWord, untilEnd } from "./io.ts";

export const CONFIG_FILE = "vantageflow.config.json";

/** Flags that are settings too. */
type SettingFlags = GlobalFlags & { readonly [name in SettingName]?: string | undefined };

/** The settings of this call, from its flags, the environment and the config file in the current directory. */
export async function loadSettings(io: Io, flags: SettingFlags): Promise<Resolved> {
  if (flags.lake !== undefined) io.lake = flags.lake;
  const resolved = resolveConfig(configInput(io, flags, await readConfigFile(io)));
  io.lake = resolved.config.lake;
  return resolved;
}

/** The flags with the lake that was given as an argument. Throws `usage` when `--lake` names another. */
export function withLake<F extends GlobalFlags>(io: Io, flags: F, lake: string | undefined): F {
  if (lake === undefined) return flags;
  if (flags.lake !== undefined && absoluteUrl(flags.lake, io.cwd) !== absoluteUrl(lake, io.cwd)) {
    const why = `two lakes are named, "${lake}" and --lake "${flags.lake}". Name one of them`;
    throw new VantageflowError("usage", `Cannot choose the lake: ${why}.`);
  }
  return { ...flags, lake };
}

/**
 * The one rule for all commands that make no lake: throws `not_found` for one that is not there, so that a mistyped or
 * unmounted one is no empty lake, and what {@link checkFolders} throws. `verb` is what the command does with it.
 */
export function checkLake(lake: string, verb: string): void {
  checkFolders(lake);
  if (isThere(lake)) {
    const around = lakeAround(lake);
    if (around === null) return;
    const why = `it is a folder of the lake "${around}", and no lake`;
    throw new VantageflowError("not_found", `Cannot ${verb} "${lake}": ${why}. Name that: --lake ${shellWord(around)}`);
  }
  const make = `a new lake is made by: vantageflow ingest FILE${lakeOption(lake)}`;
  const advice =
    lake === DEFAULT_LAKE ? `Name one with --lake; ${make}, or vantageflow demo` : `Check the name; ${make}`;
  throw new VantageflowError("not_found", `Cannot ${verb} "${lake}": there is no such lake. ${advice}`);
}

/** The lake that a directory is a folder of: it is called like one, has none of its own, and the others are beside it. */
function lakeAround(lake: string): string | null {
  const [bronze, receipts] = [topology.layers.bronze.prefix, topology.layers.receipts.prefix];
  const folders = Object.values(topology.layers).map(({ prefix }) => prefix);
  const around = dirname(lake);
  if (!folders.includes(`${basename(lake)}/`) || isThere(lake, bronze)) return null;
  return isThere(around, bronze) && isThere(around, receipts) ? around : null;
}

/**
 * For `ingest`, `watch` and whatever else makes a lake. Throws `storage_failed` for one that is there and cannot be seen
 * whole: in the layers that batches go through and what is kept of them. A folder of another layer is looked at by whoever
 * lists it.
 */
export function checkFolders(lake: string): void {
  const layers = Object.values(topology.layers).filter(({ expires }) => expires === "age");
  checkLakeFolders(
    lake,
    layers.map(({ prefix }) => prefix),
  );
}

/** What this call has to say about the settings. */
export function configInput(io: Io, flags: SettingFlags, file: unknown): ConfigInput {
  const given: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) if (flags[name] !== undefined) given[name] = flags[name];
  return { flags: given, environment: io.environment, file, cores: availableParallelism() };
}

/** Objects in flight at once between these lakes, which need not be the one of the settings; cores without any. */
export function concurrencyOf({ config, origins }: Resolved, ...lakes: readonly string[]): number {
  const isDefault = origins.some(({ name, source }) => name === "concurrency" && source === "default");
  return isDefault ? defaultConcurrency(availableParallelism(), ...lakes) : config.concurrency;
}

/** Opens the lake of these settings for processing. */
export function openLake(io: Io, { config }: Resolved, lake?: string): ProcessContext {
  const url = lake ?? config.lake;
  return {
    storage: untilEnd(io, openStorage(url, availableParallelism() > 1 ? { digestScript: io.digestScript } : {})),
    settings: config.pipeline,
    code: VERSION,
    now: io.now,
    threads: availableParallelism() > 1 ? io.rowsScript : undefined,
    keepInput: config.copyInputs ? openInputCopies(url) : undefined,
    claims: untilEnd(io, openClaims(url)),
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

/** JSON with the place of a mistake. Throws `code`. */
export async function parseJsonFile(
  text: string,
  name: string,
  code: "config_invalid" | "input_invalid" = "config_invalid",
): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { jsonErrorPosition } = await import("../convert/json-error.ts");
    const before = text.slice(0, jsonErrorPosition(text)).split("\n");
    const [line, column] = [before.length, before[before.length - 1].length + 1];
    const advice = code === "config_invalid" ? "Mend the file or remove it" : "Mend the file";
    const why = `line ${line}, column ${column}: this is not JSON. ${advice}`;
    throw new VantageflowError(code, `Cannot read "${name}": ${why}.`, { line, cause: error });
  }
}
