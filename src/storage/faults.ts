import { VantageflowError } from "../errors.ts";
import type { Lineage } from "./port.ts";

/** What every adapter throws for an object that is not there. */
export function notFound(key: string, cause?: unknown): VantageflowError {
  const why = "there is no such object. Run vantageflow run --dry-run to see what there is";
  return new VantageflowError("not_found", `Cannot read "${key}": ${why}.`, { key, cause });
}

/** What every adapter throws for a lost compare-and-swap. */
export function conflict(key: string): VantageflowError {
  const why = "somebody else wrote it at the same time. Run vantageflow run";
  return new VantageflowError("conflict", `Cannot write "${key}": ${why}.`, { key });
}

/** Until 1.1 functions stood where options stand now: taken for options that say nothing, they would be ignored in silence. */
export function checkOptions(options: object): void {
  if (typeof options === "function")
    throw new TypeError("options are an object: list(prefix, { onSkipped }), create(key, { derived })");
}

/** A writer is told beforehand whether it will have a lineage. Throws where it was told otherwise: a fault of the caller. */
export function checkLineage(key: string, derived: boolean, lineage: Lineage | undefined): void {
  if (derived !== (lineage !== undefined)) throw new Error(`the writer of "${key}" was told otherwise of its lineage`);
}
