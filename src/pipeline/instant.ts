import { epochMillis, nanosOfMilli } from "./timestamp.ts";

/** A point in time to the nanosecond. */
export interface Instant {
  /** Milliseconds since the epoch, whole. */
  readonly ms: number;
  /** Nanoseconds beyond, 0 to 999,999. */
  readonly nanos: number;
}

/**
 * The instant that a text says: a timestamp of the data contract, read as those of readings are, or a day of UTC, which is
 * its beginning. Null for what is none.
 */
export function instantOf(text: string): Instant | null {
  const bytes = Buffer.from(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text, "utf8");
  const ms = epochMillis(bytes, 0, bytes.length);
  return Number.isNaN(ms) ? null : { ms, nanos: nanosOfMilli(bytes, 0, bytes.length) };
}
