import { DAY_MS } from "../time.ts";

/** How odd a reading has to be, and how long nothing more is told then. */
export interface Sensitivity {
  /** Of R: how many readings pass until something as odd comes, were they five minutes apart. */
  readonly least: number;
  /** The time in which about one false alarm of a device is accepted. Milliseconds. */
  readonly oneIn: number;
}

/** A month: what somebody who looks after a hundred devices can bear. */
export const DEFAULT_ONE_IN_MS = 30 * DAY_MS;
/** That of R for a month, chosen on the Numenta Anomaly Benchmark. */
const LEAST_OF_A_MONTH = 12_600;
/** After an alarm rest is for some hours, and longer once a device is known: readings. */
const FIRST_REST = 60;
const REST_GROWTH = 0.02;
const LONGEST_REST = 400;
/** But not for more than this share of the time of one false alarm. */
const REST_SHARE = 0.1;

/** The one setting: about one false alarm of a device in so many milliseconds. */
export function sensitivityFor(oneIn: number): Sensitivity {
  return { least: Math.max(1, (LEAST_OF_A_MONTH * oneIn) / DEFAULT_ONE_IN_MS), oneIn };
}

/** Readings from an alarm on in which there is no other; `interval` in seconds. */
export function restOf({ oneIn }: Sensitivity, readings: number, interval: number): number {
  const rest = Math.min(LONGEST_REST, FIRST_REST + REST_GROWTH * (readings - 1));
  return interval === 0 ? rest : Math.min(rest, (REST_SHARE * oneIn) / 1000 / interval);
}
