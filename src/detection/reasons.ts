import { DEVIATIONS, type Deviation } from "./state.ts";

/** Why a reading is odd, as a mechanic would say it. */
export type Reason =
  | "spike"
  | "level_shift"
  | "drift"
  | "more_variation"
  | "less_variation"
  | "flat_line"
  | "unusual_time"
  | "stuck"
  | "silence";

/** Every reason in words, by its name. */
export const REASON_TEXTS: Readonly<Record<Reason, string>> = {
  spike: "spike or unusual value",
  level_shift: "level shift",
  drift: "drift",
  more_variation: "more variation",
  less_variation: "less variation",
  flat_line: "flat line",
  unusual_time: "unusual for this time",
  stuck: "the same value for longer than ever",
  silence: "silent for longer than ever",
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
const VALUE = DEVIATIONS.indexOf("value");
const RANGE = DEVIATIONS.indexOf("range");
const RARE = DEVIATIONS.indexOf("rare");
const ISOLATED = DEVIATIONS.indexOf("isolated");

/** What comes as seldom as once in so many readings is no accident. */
const SELDOM = 15;
/** A value that comes more often is a usual one: it is the time that is unusual. */
const USUAL = 300;
/** Readings that are off in the same way: as many are more than a spike. */
const LASTING = 3;
/** What was off by less than this share at first, over so many readings, has come gradually. */
const GRADUAL = 0.65;
const GRADUALLY = 8;
/** What a cycle that stays away makes off is found sooner. */
const FOR_HOURS = 28;
/** The mean of the last 50 has gone such a share of the way of that of the last ten: slowly. */
const SLOW = 0.4;
/** Below, nothing of the usual range is left (octaves; see the floor in `deviations.ts`). */
const FLAT = -9;

/** What is known of an alarm. */
export interface Oddness {
  /** Of each deviation, its return period and its size with its sign. */
  readonly periods: Float64Array;
  readonly deviations: Float64Array;
  /** Whether the device has a daily cycle: only then a time can be unusual. */
  readonly isDaily: boolean;
  /** The value is about the mean, and it has been the same for longer than ever. */
  readonly isMiddle: boolean;
  readonly isHeld: boolean;
  /** See `LookBack`. */
  readonly lasting: number;
  readonly onset: number;
  /** How far the mean of the last 50 has gone from the long one, as a share of that of the last ten. */
  readonly slowness: number;
  /** How seldom the readings before had a range as wide. */
  readonly wide: number;
}

/**
 * The reason of an alarm. Which deviation is largest does not say it: a shift begins as a spike, a spike makes the range wide, and where
 * there is a daily cycle all of them are unusual for their time. What the readings before have in common with this one does.
 */
export function reasonOf(odd: Oddness): Reason {
  const { periods, deviations, isDaily, lasting } = odd;
  const group = GROUP_OF[largestOf(periods)];
  if (odd.isHeld) return "flat_line";
  if (group === "variation" && deviations[RANGE] < 0) return deviations[RANGE] < FLAT ? "flat_line" : "less_variation";
  if (lasting < LASTING && odd.wide > SELDOM) return "more_variation";
  if (lasting < LASTING && group !== "level" && group !== "drift") return "spike";
  const isGradual = lasting >= GRADUALLY && odd.onset < GRADUAL;
  if (isDaily && lasting < FOR_HOURS && periods[VALUE] < USUAL && (isGradual || odd.isMiddle)) return "unusual_time";
  const isSlow = isDaily ? isGradual || lasting >= FOR_HOURS : odd.slowness > SLOW;
  return isSlow ? "drift" : "level_shift";
}

/** Whether what is odd is the reading before, which stood out from both beside it: the one at hand comes often. */
export function isOfReadingBefore(periods: Float64Array): boolean {
  return largestOf(periods) === ISOLATED && periods[VALUE] < SELDOM && periods[RARE] < SELDOM;
}

/** The deviation that is oddest, by its place. */
function largestOf(periods: Float64Array): number {
  let largest = 0;
  for (let i = 1; i < periods.length; i++) if (periods[i] > periods[largest]) largest = i;
  return largest;
}
