/**
 * What a detector remembers of one device: numbers in one block of memory, so that it is written and read back as it is, bit for
 * bit, and 100,000 devices are 100,000 blocks.
 */

/** Signed deviations that every reading gives, in this order. */
export const DEVIATIONS = [
  "value",
  "recent",
  "level200",
  "level",
  "week",
  "day",
  "range",
  "drift",
  "rare",
  "isolated",
  "sustain6",
  "sustain36",
] as const;
export type Deviation = (typeof DEVIATIONS)[number];

/** Readings whose highest and lowest are looked at: three hours of one every five minutes. */
export const RECENT = 36;
/** Slots of two hours in a week, and of half an hour in a day. */
export const WEEK_SLOTS = 84;
export const DAY_SLOTS = 48;
/** Bins of the values that a device had. */
export const VALUE_BINS = 64;
/** One for each deviation and sign, and its bins. */
const TAILS = 2 * DEVIATIONS.length;
export const TAIL_BINS = 64;
/** Bins that are summed up together, and how many such blocks a tail has. */
export const BLOCK = 8;
export const TAIL_BLOCKS = TAIL_BINS / BLOCK;

/** Places of single numbers in {@link DeviceState.numbers}. */
export const AT = {
  /** Readings so far. */
  readings: 0,
  /** Of the last one, milliseconds since the epoch. */
  time: 1,
  /** Seconds between two, smoothed. */
  interval: 2,
  /** Means of the value: over 10, 50, 200 and 1,000 readings. */
  mean10: 3,
  mean50: 4,
  mean200: 5,
  mean: 6,
  /** Mean distance from {@link mean}. */
  spread: 7,
  /** Mean range of {@link RECENT} readings. */
  range: 8,
  /** Sums of what lies above and below the mean (CUSUM). */
  above: 9,
  below: 10,
  /** The two readings before. */
  before: 11,
  before2: 12,
  /** Mean distance from the slot of the day. */
  daySpread: 13,
  /** What a reading counts in the tails now, and what all so far count. */
  weight: 14,
  weights: 15,
  /** The reading of the last alarm, counted from 1; 0 before the first. */
  alarm: 16,
} as const;
const NUMBERS = Object.keys(AT).length;

/** Fields and their elements, those of eight bytes first: all are aligned then. */
const LAYOUT = {
  numbers: [Float64Array, NUMBERS],
  recent: [Float64Array, RECENT],
  week: [Float64Array, WEEK_SLOTS],
  day: [Float64Array, DAY_SLOTS],
  /** Of each tail the largest deviation that is remembered. */
  records: [Float64Array, TAILS],
  /** Weights by size, see `tails.ts`. */
  tails: [Float32Array, TAILS * TAIL_BINS],
  /** Their sums, block by block. */
  blocks: [Float32Array, TAILS * TAIL_BLOCKS],
  /** Of each tail the bin of its record, in sixteenths of an octave. */
  tops: [Int32Array, TAILS],
  values: [Uint32Array, VALUE_BINS],
  weekCounts: [Uint8Array, WEEK_SLOTS],
  dayCounts: [Uint8Array, DAY_SLOTS],
  /** Of each tail what it took since it was last cleared. */
  taken: [Uint8Array, TAILS],
} as const;

type Layout = typeof LAYOUT;
export type DeviceState = { readonly [K in keyof Layout]: InstanceType<Layout[K][0]> };

/** Bytes of a device. */
export const STATE_BYTES = Object.values(LAYOUT).reduce(
  (sum, [type, count]) => sum + type.BYTES_PER_ELEMENT * count,
  0,
);

/** Of a device that has not reported yet. */
export function newState(): DeviceState {
  return viewOf(new ArrayBuffer(STATE_BYTES));
}

/** A state by itself, as it is now, to go on from. */
export function copyState(state: DeviceState): DeviceState {
  return viewOf((state.numbers.buffer as ArrayBuffer).slice(0));
}

function viewOf(buffer: ArrayBuffer): DeviceState {
  let offset = 0;
  const views = Object.entries(LAYOUT).map(([name, [type, count]]) => {
    const view = new type(buffer, offset, count);
    offset += view.byteLength;
    return [name, view];
  });
  return Object.fromEntries(views) as DeviceState;
}
