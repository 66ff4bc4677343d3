import type * as Duckdb from "@duckdb/node-api";
import { messageOf, VantageflowError } from "../errors.ts";

/** The module of the engine as it is loaded. */
export type Engine = typeof Duckdb;

/** The one release that the guards of `session.ts` were tested with; `package.json` pins the same. */
export const ENGINE_PACKAGE = "@duckdb/node-api@1.5.6-r.1";
const ENGINE_VERSION = "v1.5.6";

/**
 * Loads DuckDB, which nobody else needs and which is larger than all else: whoever asks in SQL installs it. Throws
 * `engine_missing` where it is not there, cannot run on this machine, or is another release.
 */
export async function loadEngine(load = (): Promise<Engine> => import("@duckdb/node-api")): Promise<Engine> {
  let engine: Engine;
  try {
    engine = await load();
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND";
    const why = isThere
      ? `it does not run here (${messageOf(error)})`
      : "it is not installed, for nothing else needs it";
    throw missing(why, error);
  }
  const version = engine.version();
  if (version === ENGINE_VERSION) return engine;
  throw missing(`it is ${version}, and what keeps queries inside of the lake was tested with ${ENGINE_VERSION}`);
}

function missing(why: string, cause?: unknown): VantageflowError {
  const what = `Install it beside vantageflow (-g where that is): npm install ${ENGINE_PACKAGE}`;
  return new VantageflowError("engine_missing", `Cannot use DuckDB: ${why}. ${what}`, { cause });
}
