import { VantageflowError } from "../errors.ts";

/** The value of `--limit`. Throws `usage`. */
export function readLimit(given: string): number {
  const limit = Number(given);
  if (/^\d+$/.test(given) && limit >= 1 && limit <= 1_000_000) return limit;
  const why = "it is not a whole number from 1 to 1000000";
  throw new VantageflowError("usage", `Cannot use --limit ${JSON.stringify(given)}: ${why}. Try --limit 20.`);
}
