import type { Instant } from "../../pipeline/instant.ts";

/** A row of the table of readings. What another program has left null is null. */
export interface TableReading extends Instant {
  readonly device: string | null;
  readonly value: number | null;
  readonly unit: string | null;
  readonly score: number | null;
  readonly anomaly: boolean | null;
  readonly batch: string | null;
  /** The columns that its source carries along, by their names in the table; none that is null. */
  readonly carried: Readonly<Record<string, string>>;
}

/** The first and the last instant that there is a Date of, milliseconds (ECMAScript, "Time Values and Time Range"). */
export const MAX_MS = 8.64e15;

export function compareInstants(a: Instant, b: Instant): number {
  return a.ms - b.ms || a.nanos - b.nanos;
}
