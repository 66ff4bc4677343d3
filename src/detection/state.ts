/**
 * What a detector remembers of one device: numbers in one block of memory, so that it is written and read back as it is, bit for
 * bit, and 100,000 devices are 100,000 blocks.
 */

/**
 * Of all that is in `src/detection/`: whoever changes what it remembers or tells counts it up. A state that another version has
 * written is refused.
 */
export const DETECTOR_VERSION = 1;

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

/** In front of the elements: the version, and a bit for each of them, the lowest first, in the order of {@link LAYOUT}. */
const VERSION_BYTES = 4;
const ELEMENTS = Object.values(LAYOUT).reduce((sum, [, count]) => sum + count, 0);
const HEAD_BYTES = VERSION_BYTES + Math.ceil(ELEMENTS / 8);
const IS_BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
/** No bin lies further from 0: that of the largest double or the least. */
const FURTHEST_BIN = 1100 * 16;

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
function isState({ numbers, recent, week, day, records, tails, blocks, tops }: DeviceState): boolean {
  const readings = numbers[AT.readings];
  if (!Number.isSafeInteger(readings) || readings < 0 || (readings > 0 && numbers[AT.weight] < 1)) return false;
  if (![numbers, recent, week, day].every((part) => part.every(Number.isFinite))) return false;
  const isWeight = (weight: number) => weight >= 0 && weight < Number.POSITIVE_INFINITY;
  return (
    [records, tails, blocks].every((part) => part.every(isWeight)) && tops.every((top) => Math.abs(top) <= FURTHEST_BIN)
  );
}
