/** What is known of the connection to the server, and what came over it last. */
export interface Connection {
  readonly link: "connecting" | "open" | "lost" | "signed-out" | "paused";
  /** Why the server could not look at the lake; null when it could. */
  readonly trouble: string | null;
  /** Seconds between two looks. */
  readonly interval: number;
  /** The same as the server can do it: of a large lake, seldom. */
  readonly pace: number;
  /** When the newest overview was made, by the server's clock, and when it came, by ours; ms since the epoch. */
  readonly made: number | null;
  readonly received: number | null;
}

export type Freshness = "connecting" | "live" | "stale" | "paused" | "disconnected" | "signed-out" | "failing";

/** Three looks in a row that did not come are no hiccup. */
const MISSED = 3;

/** How much what is on the page can be trusted to be so now. */
export function freshnessOf(connection: Connection, now: number): Freshness {
  const { link, trouble, interval, pace } = connection;
  if (link === "paused" || link === "signed-out") return link;
  if (link === "lost") return "disconnected";
  if (trouble !== null) return "failing";
  const age = ageOf(connection, now);
  if (age === null) return "connecting";
  return age > MISSED * Math.max(interval, pace) ? "stale" : "live";
}

/** Whether nobody may take it for the present. */
export function isOld(freshness: Freshness): boolean {
  return freshness !== "live" && freshness !== "connecting";
}

/**
 * Seconds since the data was true, null when there is none. The two clocks may differ: the older of both ages is told, so that no
 * clock that is behind makes old data young.
 */
export function ageOf({ made, received }: Connection, now: number): number | null {
  if (made === null || received === null) return null;
  return Math.max(0, now - received, now - made) / 1000;
}
