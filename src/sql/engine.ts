import { createRequire } from "node:module";
import type * as Duckdb from "@duckdb/node-api";
import { messageOf, VantageflowError } from "../errors.ts";

/** The module of the engine as it is loaded. */
export type Engine = typeof Duckdb;

/** The one release that the guards of `session.ts` were tested with; `package.json` pins the same. */
export const ENGINE_PACKAGE = "@duckdb/node-api@1.5.6-r.1";
const PACKAGE = "@duckdb/node-api";
const ENGINE_VERSION = "v1.5.6";

/**
 * Loads DuckDB, which nobody else needs and which is larger than all else: whoever asks in SQL installs it. Throws
 * `engine_missing` where it is not there, cannot run on this machine, or is another release.
 */
export async function loadEngine(load = required): Promise<Engine> {
  let engine: Engine;
  try {
    engine = await load();
  } catch (error) {
    // What it needs itself may be what is missing, of another machine's installation.
    const isThere = !messageOf(error).startsWith(`Cannot find module '${PACKAGE}'`);
    const why = isThere
      ? `it does not run here (${messageOf(error)})`
      : "it is not installed, for nothing else needs it";
    throw missing(why, error);
  }
  const version = engine.version();
  if (version === ENGINE_VERSION) return engine;
  throw missing(`it is ${version}, and what keeps queries inside of the lake was tested with ${ENGINE_VERSION}`);
}

/** `import()` would parse all of its CommonJS for names, a seventh of what a short query takes. */
async function required(): Promise<Engine> {
  return createRequire(import.meta.url)(PACKAGE);
}

function missing(why: string, cause?: unknown): VantageflowError {
  const what = `Install it beside vantageflow (-g where that is): npm install ${ENGINE_PACKAGE}`;
  return new VantageflowError("engine_missing", `Cannot use DuckDB: ${why}. ${what}`, { cause });
}
