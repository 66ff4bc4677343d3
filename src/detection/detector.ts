import { DAY_MS } from "../time.ts";
import { BAND, deviate, octavesWider, type ReadingShape } from "./deviations.ts";
import { lookBack } from "./look-back.ts";
import { isOfReadingBefore, type Oddness, type Reason, reasonOf } from "./reasons.ts";
import { restOf, type Sensitivity } from "./sensitivity.ts";
import { gather, isGathering } from "./start.ts";
import { AT, DEVIATIONS, type DeviceState, LEARNED_READINGS } from "./state.ts";
import { isStuckIn, knownFor, silentFrom } from "./still.ts";
import { age, returnPeriod, weighPast } from "./tails.ts";

/** A reading that is odd enough to be told. */
export interface Detection {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
  /** What the device usually has, or has at this time; and how far from that is still usual. */
  readonly expected: number;
  readonly band: number;
  /** Once in so many milliseconds something as odd comes. */
  readonly onceIn: number;
  readonly reason: Reason;
  /** From 0, of what is not told and of a silence, towards 1: 1 − 1 / (1 + log10 R), see `Sensitivity`. */
  readonly score: number;
}

/** Below this share of a value and its spread, a deviation is what arithmetic left. */
const NOISE = 1e-9;
/** Deviations that are no differences of values. */
const IS_PURE = DEVIATIONS.map((one) => one === "range" || one === "drift" || one === "rare");
/** The interval at which a return period counts as it is: for devices that report seldom, what is odd comes sooner. Seconds. */
const INTERVAL = 300;
/** So much odder than what was told last is told at once: a spike that turns out to stay, a false alarm in front of a true one. */
const WORSE = 4;
/** That a device changes which never did: no past says how seldom that is. */
const FIRST_CHANGE = 1e6;
/** After so many readings what was told as a spike can be told as what it has turned out to be. */
const TURNS_OUT = 3;
/** As many readings of one value are a sensor that holds it. */
const HELD = 6;
/** What is within so many mean distances of the mean lies in the middle of a daily cycle. */
const MIDDLE = 0.3;
const RANGE_UP = 2 * DEVIATIONS.indexOf("range");

const deviations = new Float64Array(DEVIATIONS.length);
const periods = new Float64Array(DEVIATIONS.length);
const shape: ReadingShape = {
  value: 0,
  expected: 0,
  band: 0,
  isDaily: false,
  isGlitch: false,
  isFirstChange: false,
};

/**
 * Takes the next reading of a device in; null unless it is odd. `time` in milliseconds since the epoch, not before that of the
 * reading before. Depends on nothing but the device's readings so far.
 *
 * The periods of all deviations are added: the harmonic mean of p-values holds for tests that depend on one another (Wilson,
 * "The harmonic mean p-value for combining dependent tests", PNAS 116, 2019).
 */
export function takeReading(
  state: DeviceState,
  time: number,
  value: number,
  sensitivity: Sensitivity,
): Detection | null {
  if (isGathering(state)) {
    gather(state, time, value, (at, first) => void sumOf(state, at, first));
    return null;
  }
  const { numbers } = state;
  const [timeBefore, valueBefore] = [numbers[AT.time], numbers[AT.given]];
  const isLate = time > silentFrom(state) && numbers[AT.silent] !== numbers[AT.readings];
  const sum = sumOf(state, time, value);
  const n = numbers[AT.readings];
  const oddness = sum * Math.sqrt(numbers[AT.interval] / INTERVAL);
  if (n < LEARNED_READINGS) return null;
  const isOdd = oddness >= sensitivity.least;
  const told = { time, value, expected: shape.expected, band: shape.band };
  const since = n - numbers[AT.alarm];
  const isRest = numbers[AT.alarm] > 0 && since < restOf(sensitivity, n, numbers[AT.interval]);
  // A silence has nothing to do with what was told of values, and a score is of a value.
  if (isLate && (!isOdd || isRest)) return { ...told, onceIn: knownFor(numbers), reason: "silence", score: 0 };
  if (!isOdd && !isStuckIn(numbers)) return null;
  const reason = isOdd ? reasonOf(oddnessOf(state)) : "stuck";
  // It is the reading before that stood out from both beside it.
  const isBefore = reason === "spike" && !shape.isGlitch && isOfReadingBefore(periods);
  if (isBefore && numbers[AT.alarm] > 0 && since === 1) return null;
  const turnsOut = numbers[AT.toldSpike] === 1 && since >= TURNS_OUT && reason !== "spike";
  if (isRest && !turnsOut && oddness < WORSE * numbers[AT.told]) return null;
  numbers[AT.alarm] = n;
  numbers[AT.told] = Math.max(oddness, sensitivity.least);
  numbers[AT.toldSpike] = reason === "spike" ? 1 : 0;
  return {
    ...told,
    // Detections of a day come of its readings.
    ...(isBefore && dayOf(timeBefore) === dayOf(time) ? { time: timeBefore, value: valueBefore } : {}),
    onceIn: isOdd ? sum * numbers[AT.interval] * 1000 : knownFor(numbers),
    reason,
    score: 1 - 1 / (1 + Math.log10(Math.max(oddness, sensitivity.least))),
  };
}

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/**
 * Whether a device is silent at this time, by its own past; null where it is not, and where that was told already. When it reports
 * again, nothing is told of this silence. Its time is that from which on it is one, or `from` if that is later: milliseconds.
 */
export function tellSilence(state: DeviceState, now: number, from: number): Detection | null {
  const { numbers } = state;
  const start = silentFrom(state);
  if (now <= start || numbers[AT.silent] === numbers[AT.readings]) return null;
  numbers[AT.silent] = numbers[AT.readings];
  return {
    time: Math.max(Math.floor(start) + 1, from),
    value: numbers[AT.given],
    expected: numbers[AT.mean],
    band: BAND * numbers[AT.spread],
    onceIn: knownFor(numbers),
    reason: "silence",
    score: 0,
  };
}

/** The periods of all deviations of a reading together, which is taken in. */
function sumOf(state: DeviceState, time: number, value: number): number {
  const { numbers } = state;
  deviate(state, time, value, deviations, shape);
  weighPast(state);
  const least = NOISE * (Math.abs(shape.value) + numbers[AT.spread]);
  let sum = shape.isFirstChange ? FIRST_CHANGE : 0;
  for (let i = 0; i < deviations.length; i++) {
    const size = Math.abs(deviations[i]);
    const isNoise = size === 0 || (size < least && !IS_PURE[i]);
    periods[i] = isNoise ? 0 : returnPeriod(state, 2 * i + (deviations[i] > 0 ? 0 : 1), size, !shape.isGlitch);
    sum += periods[i];
  }
  age(state);
  return sum;
}

/** What of the readings before goes with a detection. */
function oddnessOf(state: DeviceState): Oddness {
  const { numbers } = state;
  const { lasting, onset, range } = lookBack(state, shape.isDaily);
  const width = octavesWider(numbers[AT.range], range);
  const [above, aboveBefore] = [numbers[AT.mean10] - numbers[AT.mean], numbers[AT.mean50] - numbers[AT.mean]];
  return {
    periods,
    deviations,
    isDaily: shape.isDaily,
    isMiddle: Math.abs(shape.value - numbers[AT.mean]) < MIDDLE * numbers[AT.spread],
    isHeld: numbers[AT.run] >= HELD && numbers[AT.run] > numbers[AT.longestRun],
    lasting,
    onset,
    slowness: above === 0 ? 0 : aboveBefore / above,
    wide: width > 0 ? returnPeriod(state, RANGE_UP, width, false) : 0,
  };
}
