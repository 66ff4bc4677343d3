import { DEVIATIONS, type Deviation } from "./state.ts";

/** Why a reading is odd, as a mechanic would say it. */
export type Reason =
  | "spike"
  | "level_shift"
  | "drift"
  | "more_variation"
  | "less_variation"
  | "flat_line"
  | "unusual_time";

/** Every reason in words, by its name. */
export const REASON_TEXTS: Readonly<Record<Reason, string>> = {
  spike: "spike or unusual value",
  level_shift: "level shift",
  drift: "drift",
  more_variation: "more variation",
  less_variation: "less variation",
  flat_line: "flat line",
  unusual_time: "unusual for this time",
};

type Group = "spike" | "level" | "drift" | "variation" | "time";
const GROUPS: Readonly<Record<Deviation, Group>> = {
  value: "spike",
  rare: "spike",
  isolated: "spike",
  recent: "level",
  level200: "level",
  level: "level",
  sustain6: "level",
  sustain36: "level",
  drift: "drift",
  range: "variation",
  week: "time",
  day: "time",
};
const GROUP_OF = DEVIATIONS.map((one) => GROUPS[one]);
const RANGE = DEVIATIONS.indexOf("range");

/** A value that is odd whatever the time is odder still for its time: only what is odd by so much more is so for its time. */
const ONLY_FOR_ITS_TIME = 3;
/** One step that makes up so much of the range of the last readings: what is odd came with this reading. */
const SUDDEN = 0.5;
/** Below, nothing of the usual range is left (octaves; see the floor in `deviations.ts`). */
const FLAT = -9;

/** What is known of an alarm. */
export interface Oddness {
  /** Of each deviation, its return period and its size with its sign. */
  readonly periods: Float64Array;
  readonly deviations: Float64Array;
  /** See `ReadingShape`. */
  readonly jump: number;
  /** Whether the device has a daily cycle: only then a time can be unusual. */
  readonly isDaily: boolean;
}

/** The reason of an alarm: what is oddest, and for a sudden step that it is one. */
export function reasonOf({ periods, deviations, jump, isDaily }: Oddness): Reason {
  const most = new Map<Group, number>();
  for (const [i, group] of GROUP_OF.entries()) most.set(group, Math.max(most.get(group) ?? 0, periods[i]));
  const time = most.get("time") ?? 0;
  const others = [...most].filter(([group]) => group !== "time").sort(([, a], [, b]) => b - a);
  const [[first, period]] = others;
  const group = isDaily && time > ONLY_FOR_ITS_TIME * period ? "time" : first;
  const isWider = group === "variation" && deviations[RANGE] > 0;
  if (jump > SUDDEN && (group === "time" || isWider)) return "spike";
  if (group === "time") return "unusual_time";
  if (group === "level") return "level_shift";
  if (group !== "variation") return group;
  if (isWider) return "more_variation";
  return deviations[RANGE] < FLAT ? "flat_line" : "less_variation";
}
