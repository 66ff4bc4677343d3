/**
 * What a detector remembers of one device: numbers in one block of memory, so that it is written and read back as it is, bit for
 * bit, and 100,000 devices are 100,000 blocks.
 */

/**
 * Of all that is in `src/detection/`: whoever changes what it remembers or tells counts it up. A state that another version has
 * written is refused.
 */
export const DETECTOR_VERSION = 4;

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

/** Before, a device has not shown what is usual. */
export const LEARNED_READINGS = 150;
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
  /** How odd that was. */
  told: 17,
  /** Of the first readings, how many have been kept to be learned from together. */
  gathered: 18,
  /** 1 where the reading before was no measurement. */
  glitch: 19,
  /** 1 where the last alarm was of one reading, which may turn out to be the first of many. */
  toldSpike: 20,
  /** How many readings have had the same value, up to this one; and how many at most, of those before them. */
  run: 21,
  longestRun: 22,
  /** How often the value has changed. */
  changes: 23,
  /** The last value as it came. */
  given: 24,
  /** The longest time between two, in milliseconds. */
  longestGap: 25,
  /** Mean distance from one reading to the next. */
  step: 26,
  /** How many readings say how seldom something is, see `tails.ts`. */
  saying: 27,
  /** Readings there were when a silence was told before its end; 0 before the first. */
  silent: 28,
} as const;
const NUMBERS = Object.keys(AT).length;

/** What is known of a tail, in {@link DeviceState.facts}. */
export const OF = {
  /** The largest deviation that is remembered; 0 where none is. */
  record: 0,
  /** Its bin, in sixteenths of an octave. */
  top: 1,
  /** The logarithm of the first size, from which bins are counted: sixteenths of an octave. */
  origin: 2,
  /** The bin from which on sizes are not usual. */
  usual: 3,
  /** The weight of what is too small for the bins. */
  small: 4,
  /** What it took since it was last cleared. */
  taken: 5,
} as const;
export const FACTS = Object.keys(OF).length;

/** Fields and their elements, those of eight bytes first: all are aligned then. */
const LAYOUT = {
  numbers: [Float64Array, NUMBERS],
  recent: [Float64Array, RECENT],
  /** When the first ones were. */
  times: [Float64Array, RECENT],
  week: [Float64Array, WEEK_SLOTS],
  day: [Float64Array, DAY_SLOTS],
  /** {@link OF} each tail, side by side: what is used together lies together. */
  facts: [Float64Array, TAILS * FACTS],
  /** Weights by size, see `tails.ts`. */
  tails: [Float32Array, TAILS * TAIL_BINS],
  values: [Uint32Array, VALUE_BINS],
  weekCounts: [Uint8Array, WEEK_SLOTS],
  dayCounts: [Uint8Array, DAY_SLOTS],
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

/** In front of the elements: the version, and a bit for each of them, the lowest first, in the order of {@link LAYOUT}. */
const VERSION_BYTES = 4;
const ELEMENTS = Object.values(LAYOUT).reduce((sum, [, count]) => sum + count, 0);
const HEAD_BYTES = VERSION_BYTES + Math.ceil(ELEMENTS / 8);
const IS_BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
/** No bin lies further from 0: that of the largest double after the least, or the other way round. */
const FURTHEST_BIN = 2200 * 16;

/**
 * A state as bytes that are the same on every machine: the version, which elements are not zero, and these, in little endian.
 * At most 9 kB of a device that is known, 300 bytes of a new one. There is no checksum in it: who keeps it has one.
 */
export function writeState(state: DeviceState): Uint8Array {
  const from = new Uint8Array(state.numbers.buffer);
  const written = new Uint8Array(HEAD_BYTES + STATE_BYTES);
  new DataView(written.buffer).setUint32(0, DETECTOR_VERSION, true);
  let [element, offset, to] = [0, 0, HEAD_BYTES];
  for (const [type, count] of Object.values(LAYOUT)) {
    const size = type.BYTES_PER_ELEMENT;
    for (const end = element + count; element < end; element++, offset += size) {
      if (!hasAny(from, offset, size)) continue;
      written[VERSION_BYTES + (element >> 3)] |= 1 << (element & 7);
      copyElement(from, offset, written, to, size);
      to += size;
    }
  }
  return written.slice(0, to);
}

/** Null for what is no state of this version: other bytes, a piece, one that another version has written. */
export function readState(bytes: Uint8Array): DeviceState | null {
  if (bytes.length < HEAD_BYTES) return null;
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (version !== DETECTOR_VERSION) return null;
  const into = new Uint8Array(STATE_BYTES);
  let [element, offset, from] = [0, 0, HEAD_BYTES];
  for (const [type, count] of Object.values(LAYOUT)) {
    const size = type.BYTES_PER_ELEMENT;
    for (const end = element + count; element < end; element++, offset += size) {
      if ((bytes[VERSION_BYTES + (element >> 3)] & (1 << (element & 7))) === 0) continue;
      if (from + size > bytes.length || !hasAny(bytes, from, size)) return null;
      copyElement(bytes, from, into, offset, size);
      from += size;
    }
  }
  const state = viewOf(into.buffer);
  return from === bytes.length && isState(state) ? state : null;
}

function hasAny(bytes: Uint8Array, from: number, size: number): boolean {
  for (let i = from; i < from + size; i++) if (bytes[i] !== 0) return true;
  return false;
}

function copyElement(bytes: Uint8Array, from: number, into: Uint8Array, to: number, size: number): void {
  for (let i = 0; i < size; i++) into[to + (IS_BIG_ENDIAN ? size - 1 - i : i)] = bytes[from + i];
}

/** Whether the detector can go on from it: what it counts is counted, what it divides by is above 0, and nothing is no number. */
function isState({ numbers, recent, times, week, day, facts, tails }: DeviceState): boolean {
  const readings = numbers[AT.readings];
  if (
    !Number.isSafeInteger(readings) ||
    readings < 0 ||
    (readings > 0 && (numbers[AT.weight] < 1 || numbers[AT.saying] < 1))
  )
    return false;
  if (![numbers, recent, times, week, day, facts].every((part) => part.every(Number.isFinite))) return false;
  for (let i = 0; i < facts.length; i += FACTS) {
    if (facts[i + OF.record] < 0 || facts[i + OF.small] < 0 || !isBin(facts[i + OF.top]) || !isBin(facts[i + OF.usual]))
      return false;
  }
  return tails.every((weight) => weight >= 0 && weight < Number.POSITIVE_INFINITY);
}

function isBin(bin: number): boolean {
  return Number.isInteger(bin) && Math.abs(bin) <= FURTHEST_BIN;
}
