import { VantageflowError } from "../errors.ts";

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
