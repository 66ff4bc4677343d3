import { deviate, type ReadingShape } from "./deviations.ts";
import { type Reason, reasonOf } from "./reasons.ts";
import { restOf, type Sensitivity } from "./sensitivity.ts";
import { AT, DEVIATIONS, type DeviceState, LEARNED_READINGS } from "./state.ts";
import { age, returnPeriod } from "./tails.ts";

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
  /** From 0, of what is not told, towards 1: 1 − 1 / (1 + log10 R), see `Sensitivity`. */
  readonly score: number;
}

/** Below this share of a value and its spread, a deviation is what arithmetic left. */
const NOISE = 1e-9;
/** Deviations that are no differences of values. */
const IS_PURE = DEVIATIONS.map((one) => one === "range" || one === "drift" || one === "rare");
/** The interval at which a return period counts as it is: for devices that report seldom, what is odd comes sooner. Seconds. */
const INTERVAL = 300;

const deviations = new Float64Array(DEVIATIONS.length);
const periods = new Float64Array(DEVIATIONS.length);
const shape: ReadingShape = { value: 0, jump: 0, expected: 0, band: 0, isDaily: false };

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
  const { numbers } = state;
  deviate(state, time, value, deviations, shape);
  const least = NOISE * (Math.abs(shape.value) + numbers[AT.spread]);
  let sum = 0;
  for (let i = 0; i < deviations.length; i++) {
    const size = Math.abs(deviations[i]);
    const isNoise = size === 0 || (size < least && !IS_PURE[i]);
    periods[i] = isNoise ? 0 : returnPeriod(state, 2 * i + (deviations[i] > 0 ? 0 : 1), size);
    sum += periods[i];
  }
  age(state);
  const n = numbers[AT.readings];
  const oddness = sum * Math.sqrt(numbers[AT.interval] / INTERVAL);
  if (n < LEARNED_READINGS || oddness < sensitivity.least) return null;
  if (numbers[AT.alarm] > 0 && n - numbers[AT.alarm] < restOf(sensitivity, n, numbers[AT.interval])) return null;
  numbers[AT.alarm] = n;
  return {
    time,
    value,
    expected: shape.expected,
    band: shape.band,
    onceIn: sum * numbers[AT.interval] * 1000,
    reason: reasonOf({ periods, deviations, jump: shape.jump, isDaily: shape.isDaily }),
    score: 1 - 1 / (1 + Math.log10(oddness)),
  };
}
