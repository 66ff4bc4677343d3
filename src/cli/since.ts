import { VantageflowError } from "../errors.ts";
import { isTimestamp } from "../pipeline/timestamp.ts";
import { spanIn } from "../time.ts";

/**
 * A point in time: ISO 8601 (UTC where it names no zone), or how long ago (`90s`, `30m`, `24h`, `7d`). Milliseconds. `flag` is
 * where it was written. Throws `usage`.
 */
export function parseSince(text: string, now: number, flag = "--since"): number {
  const ago = spanIn(text);
  if (ago !== null) return now - ago;
  const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  const day = Buffer.from(`${text.slice(0, 10)}T00:00Z`);
  const zoned =
    iso === null || !isTimestamp(day, 0, day.length)
      ? Number.NaN
      : Date.parse(iso[1] !== undefined && iso[4] === undefined ? `${text}Z` : text);
  if (!Number.isNaN(zoned)) return zoned;
  const how = "Write 2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 30m, 24h, 7d";
  throw new VantageflowError("usage", `Cannot use ${flag} "${text}": it is no time. ${how}.`);
}

/** A length of time in milliseconds: `90s`, `30m`, `24h`, `7d`. Throws `usage`. */
export function parseSpan(text: string, flag: string): number {
  const span = spanIn(text);
  if (span !== null && span > 0) return span;
  throw new VantageflowError(
    "usage",
    `Cannot use ${flag} "${text}": it is no length of time. Write 90s, 30m, 24h or 7d.`,
  );
}
