import { REASONS } from "../pipeline/rejects.ts";

/** Where a reading goes: to a layer, nowhere because its cell has no value, with its file, or it is none. */
type FateName = "silver" | "anomalies" | "rejects" | "absent" | "refused" | "none";

export interface Fate {
  readonly name: FateName;
  /** Of rejects and of refused files. */
  readonly reason?: string;
}

const NAMES = ["silver", "anomalies", "absent", "none"] as const;
export const [SILVER_STATE, ANOMALY_STATE, ABSENT_STATE, NONE_STATE] = [0, 1, 2, 3];
const REJECTS_FROM = NAMES.length;

/** The number of the state of a row that is rejected for this reason. */
export function rejectFate(reason: number): number {
  return REJECTS_FROM + reason;
}

export function isRejected(state: number): boolean {
  return state >= REJECTS_FROM;
}

/** States are numbers below it. */
export const FATES = REJECTS_FROM + REASONS.length;

export function fateOf(number: number): Fate {
  if (number < REJECTS_FROM) return { name: NAMES[number] };
  return { name: "rejects", reason: REASONS[number - REJECTS_FROM].reason };
}
