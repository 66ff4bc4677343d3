import { DAY_SLOT_MS, slotOf, WEEK_SLOT_MS } from "./slots.ts";
import { AT, DAY_SLOTS, type DeviceState, FACTS, OF, RECENT, VALUE_BINS, WEEK_SLOTS } from "./state.ts";

/** The interval of a device that has reported once, and over how many readings it is smoothed. Seconds. */
const FIRST_INTERVAL = 300;
const INTERVAL_READINGS = 300;
/** The longest gap is forgotten as all that is old: half of it after 8,000 readings. */
const FADING = Math.exp(-Math.LN2 / 8000);
/** A gap counts as a day at most: a device that was off is not a slow one. */
const LONGEST_GAP = 86_400;
/**
 * What is so many times as far from the mean as all that is remembered is no measurement: it counts as twice as far, and nothing is
 * learned from it, but from the next one in a row.
 */
const GLITCH = 30;
const BELIEVED = 2;
/** What is within so many mean distances of the mean is remembered, though it has not been yet. */
const PLAUSIBLE = 4;
/** Spans of means. */
const SHORT = 10;
const MIDDLE = 50;
const LONG = 200;
const LONGEST = 1000;
/** A range is compared with a thousandth of the usual one added: a flat line has none. */
const FLOOR = 0.001;
/** A drift is what is left of spreads above half of one (CUSUM: Page, 1954), of four at most a reading and of 50 in all. */
const SLACK = 0.5;
const MAX_STEP = 4;
const MAX_DRIFT = 50;
/** Bins of values: of equal width in the logarithm of spreads, ±5 octaves. */
const BINS_PER_OCTAVE = 6.3;
const OCTAVES = 5;
/** What is less rare than once in three is not rare. */
const LEAST_RARE = 0.5;
/** A slot moves by a share of what is new, of one in 60 at least, and not by outliers once it has had two values. */
const SLOT_READINGS = 60;
const SLOT_LEARNED = 2;
const SLOT_OUTLIER = 3;
/** Readings that all lie above the mean, or all below. */
const SUSTAINED = 6;

/** What is within so many mean distances of what is expected is usual. */
export const BAND = 3;
/** A device has a daily cycle where the time of day leaves no more than this share of what its values differ by. */
const DAILY = 0.75;

/** What else is to be told of a reading. */
export interface ReadingShape {
  /** As it was taken. */
  value: number;
  /** What was expected, and how far from that is usual. */
  expected: number;
  band: number;
  /** It was expected by the time of day, for the device has a daily cycle; else by its mean. */
  isDaily: boolean;
  /** It is no measurement, by all that is known: not to be remembered. */
  isGlitch: boolean;
  /** Until now, the device has had one value. */
  isFirstChange: boolean;
}

/**
 * Takes a reading in and fills `into` with its deviations, in the order of `DEVIATIONS`, each in units of its own. `time` in
 * milliseconds since the epoch, not before that of the reading before.
 */
export function deviate(
  state: DeviceState,
  time: number,
  given: number,
  into: Float64Array,
  shape: ReadingShape,
): void {
  const { numbers, recent, week, weekCounts, day, dayCounts } = state;
  const n = ++numbers[AT.readings];
  if (n === 1) begin(state, time, given);
  else {
    numbers[AT.longestGap] = Math.max(numbers[AT.longestGap] * FADING, time - numbers[AT.time]);
    const gap = Math.min(Math.max((time - numbers[AT.time]) / 1000, 0), LONGEST_GAP);
    numbers[AT.interval] += (gap - numbers[AT.interval]) / Math.min(n - 1, INTERVAL_READINGS);
  }
  numbers[AT.time] = time;
  const [mean, spread] = [numbers[AT.mean], numbers[AT.spread]];
  const x = believe(state, given, shape);
  const learned = shape.isGlitch || shape.isFirstChange ? numbers[AT.before] : x;
  numbers[AT.mean10] += (learned - numbers[AT.mean10]) / Math.min(n, SHORT);
  recent[(n - 1) % RECENT] = learned;
  const weekSlot = slotOf(time, WEEK_SLOT_MS, WEEK_SLOTS);
  const daySlot = slotOf(time, DAY_SLOT_MS, DAY_SLOTS);
  look(recent, n);

  expectIn(state, daySlot, shape);
  shape.value = x;

  follow(numbers, given);

  into[0] = x - mean;
  into[1] = numbers[AT.mean10] - numbers[AT.mean50];
  into[2] = numbers[AT.mean10] - numbers[AT.mean200];
  into[3] = numbers[AT.mean10] - mean;
  into[4] = weekCounts[weekSlot] > 0 ? x - week[weekSlot] : 0;
  into[5] = dayCounts[daySlot] > 0 ? x - day[daySlot] : 0;
  into[6] = rangeOf(numbers, n, seen.highest - seen.lowest);
  into[7] = driftOf(numbers, x);
  into[9] = isolation(numbers, x);
  into[10] = sustained(seen.lowestLast, seen.highestLast, mean);
  into[11] = sustained(seen.lowest, seen.highest, mean);

  numbers[AT.mean50] += (learned - numbers[AT.mean50]) / Math.min(n, MIDDLE);
  numbers[AT.mean200] += (learned - numbers[AT.mean200]) / Math.min(n, LONG);
  numbers[AT.mean] += (learned - mean) / Math.min(n, LONGEST);
  numbers[AT.spread] += (Math.abs(learned - numbers[AT.mean]) - spread) / Math.min(n, LONGEST);
  into[8] = rarity(state, n, x);
  const off = dayCounts[daySlot] > 0 ? Math.abs(learned - day[daySlot]) : 0;
  learn(week, weekCounts, weekSlot, learned, numbers[AT.daySpread]);
  learn(day, dayCounts, daySlot, learned, numbers[AT.daySpread]);
  numbers[AT.daySpread] += (off - numbers[AT.daySpread]) / Math.min(n, LONGEST);
  numbers[AT.step] += (Math.abs(learned - numbers[AT.before]) - numbers[AT.step]) / Math.min(n, LONGEST);
  numbers[AT.before2] = numbers[AT.before];
  numbers[AT.before] = learned;
}

/** Follows how long a value stays the same. */
function follow(numbers: Float64Array, given: number): void {
  if (given === numbers[AT.given]) numbers[AT.run]++;
  else {
    numbers[AT.longestRun] = Math.max(numbers[AT.longestRun], numbers[AT.run]);
    numbers[AT.changes]++;
    numbers[AT.run] = 1;
  }
  numbers[AT.given] = given;
}

/** What is expected of a reading, before it is learned from. */
function expectIn({ numbers, day, dayCounts }: DeviceState, slot: number, shape: ReadingShape): void {
  shape.isDaily = dayCounts[slot] > SLOT_LEARNED && numbers[AT.daySpread] < DAILY * numbers[AT.spread];
  shape.expected = shape.isDaily ? day[slot] : numbers[AT.mean];
  shape.band = BAND * (shape.isDaily ? numbers[AT.daySpread] : numbers[AT.spread]);
}

function begin({ numbers }: DeviceState, time: number, x: number): void {
  numbers[AT.time] = time;
  numbers[AT.interval] = FIRST_INTERVAL;
  numbers[AT.weight] = 1;
  for (const at of [AT.mean10, AT.mean50, AT.mean200, AT.mean, AT.before, AT.before2]) numbers[at] = x;
}

/** What a reading is taken for; what there is to be said of that goes into `shape`. */
function believe({ numbers, facts }: DeviceState, given: number, shape: ReadingShape): number {
  const mean = numbers[AT.mean];
  // Of the tails of the value, above the mean and below.
  const furthest = Math.max(facts[OF.record], facts[FACTS + OF.record], PLAUSIBLE * numbers[AT.spread]);
  const off = given - mean;
  shape.isFirstChange = furthest === 0 && off !== 0;
  const isBeyond = furthest > 0 && Math.abs(off) > GLITCH * furthest;
  shape.isGlitch = isBeyond && numbers[AT.glitch] === 0;
  numbers[AT.glitch] = isBeyond ? 1 : 0;
  return isBeyond ? mean + Math.sign(off) * BELIEVED * furthest : given;
}

/** Of the last {@link RECENT} readings, and of the last {@link SUSTAINED} of them. */
const seen = { lowest: 0, highest: 0, lowestLast: 0, highestLast: 0 };

function look(recent: Float64Array, n: number): void {
  let at = (n - 1) % RECENT;
  let lowest = recent[at];
  let highest = lowest;
  const count = Math.min(n, RECENT);
  for (let i = 1; i < count; i++) {
    if (i === SUSTAINED) {
      seen.lowestLast = lowest;
      seen.highestLast = highest;
    }
    at = at === 0 ? RECENT - 1 : at - 1;
    const x = recent[at];
    if (x < lowest) lowest = x;
    if (x > highest) highest = x;
  }
  seen.lowest = lowest;
  seen.highest = highest;
  if (count > SUSTAINED) return;
  seen.lowestLast = lowest;
  seen.highestLast = highest;
}

/** Learns the range of the last readings, once there are enough, and says how odd it is. */
function rangeOf(numbers: Float64Array, n: number, range: number): number {
  if (n <= RECENT) return 0;
  numbers[AT.range] += (range - numbers[AT.range]) / Math.min(n - RECENT, LONGEST);
  return octavesWider(numbers[AT.range], range);
}

/** How many octaves a range is wider than usual, or narrower. */
export function octavesWider(usual: number, range: number): number {
  return usual === 0 ? 0 : Math.log2((range + FLOOR * usual) / usual);
}

function driftOf(numbers: Float64Array, x: number): number {
  const spread = numbers[AT.spread];
  const z = spread === 0 ? 0 : Math.min(Math.max((x - numbers[AT.mean]) / spread, -MAX_STEP), MAX_STEP);
  const above = Math.max(0, numbers[AT.above] + z - SLACK);
  const below = Math.max(0, numbers[AT.below] - z - SLACK);
  numbers[AT.above] = Math.min(above, MAX_DRIFT);
  numbers[AT.below] = Math.min(below, MAX_DRIFT);
  return above > below ? above : -below;
}

/** What the reading before stood out by from both beside it. */
function isolation(numbers: Float64Array, x: number): number {
  const [u, w] = [numbers[AT.before] - numbers[AT.before2], numbers[AT.before] - x];
  return u * w > 0 ? Math.sign(u) * Math.min(Math.abs(u), Math.abs(w)) : 0;
}

function sustained(lowest: number, highest: number, mean: number): number {
  return lowest > mean ? lowest - mean : highest < mean ? highest - mean : 0;
}

/** How seldom the device had a value as this one, a power of ten; then counts it. */
function rarity({ numbers, values }: DeviceState, n: number, x: number): number {
  const spread = numbers[AT.spread];
  const z = spread === 0 ? 0 : (x - numbers[AT.mean]) / spread;
  const place = Math.round(BINS_PER_OCTAVE * (Math.sign(z) * Math.log2(1 + Math.abs(z)) + OCTAVES));
  const bin = Math.min(Math.max(place, 0), VALUE_BINS - 1);
  const near = values[bin] + (bin > 0 ? values[bin - 1] : 0) + (bin < VALUE_BINS - 1 ? values[bin + 1] : 0);
  values[bin]++;
  const rare = -Math.log10((near + 0.5) / (n + 1));
  return rare < LEAST_RARE ? 0 : rare;
}

function learn(slots: Float64Array, counts: Uint8Array, slot: number, x: number, spread: number): void {
  const count = Math.min(counts[slot] + 1, SLOT_READINGS);
  const reach = count > SLOT_LEARNED ? SLOT_OUTLIER * spread : Number.POSITIVE_INFINITY;
  if (counts[slot] === 0) slots[slot] = x;
  else slots[slot] += Math.min(Math.max(x - slots[slot], -reach), reach) / count;
  counts[slot] = count;
}
