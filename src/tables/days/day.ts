import { DAY_MS } from "../../time.ts";
import { FIRST_MS, LAST_MS } from "../delta/statistics.ts";

/** A partition is a day of the rows, UTC. */
export const PARTITION = "date";

/** The day that Hive, and all that came after it, has in a path where a partition value is null. */
const NO_DAY = "__HIVE_DEFAULT_PARTITION__";

/** Days since the epoch of 0001-01-01 and 9999-12-31: readers know no others. */
const [FIRST_DAY, LAST_DAY] = [FIRST_MS / DAY_MS, Math.floor(LAST_MS / DAY_MS)];
/** Of readings on no such day; they have the partition null. */
const OTHER_DAY = 0x7fffffff;

/** Microseconds as whole milliseconds, rounded down. Beyond 2255 a number does not hold all microseconds. */
export function millisOf(micros: bigint): number {
  const near = Number(micros);
  if (Number.isSafeInteger(near)) return Math.floor(near / 1000);
  return Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n);
}

/** The day of an instant (milliseconds since the epoch), in days since the epoch. */
export function dayOf(millis: number): number {
  const day = Math.floor(millis / DAY_MS);
  return day >= FIRST_DAY && day <= LAST_DAY ? day : OTHER_DAY;
}

/** `2025-12-27`; null of {@link OTHER_DAY}. */
export function dateOf(day: number): string | null {
  return day === OTHER_DAY ? null : new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day of a partition value, see {@link dateOf}. */
export function dayOfDate(date: string | null): number {
  return date === null ? OTHER_DAY : Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

/** A path in the table for a new file of a day. `id` is a UUID: no name is ever used twice. */
export function newPath(day: number, id: string): string {
  return `${PARTITION}=${dateOf(day) ?? NO_DAY}/part-${id}.snappy.parquet`;
}
