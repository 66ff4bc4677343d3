import { AT, BLOCK, type DeviceState, TAIL_BINS, TAIL_BLOCKS } from "./state.ts";

const BLOCK_BITS = Math.log2(BLOCK);

/** Bins of an octave: a deviation is known to 4 %. */
const PER_OCTAVE = 16;
/** What is nearly as large counts as being as large. */
const ALMOST = 0.97;
const ALMOST_BINS = PER_OCTAVE * Math.log2(ALMOST);
/** Half a reading is added, so that what has never been seen is rare, not impossible (Jeffreys' prior). */
const PRIOR = 0.5;
/** Beyond the record, how fast deviations become rarer: the tail of a power law, steeper than real ones seldom are. */
const STEEPNESS = 2.3;
/** After so many readings, what was counts half: a month of one every five minutes. */
const HALF_LIFE = 8000;
const GROWTH = powerOf2(1 / HALF_LIFE);
/** A weight from which on all are made smaller, long before single precision loses what is added. */
const MAX_WEIGHT = 4096;
/** After so many, top bins that count for less than this of a reading are forgotten, and the record with them. */
const CLEARED_EVERY = 64;
const FORGOTTEN = 0.05;

/** A reading has been counted: those before count less from now on. */
export function age({ numbers, tails, blocks }: DeviceState): void {
  numbers[AT.weights] += numbers[AT.weight];
  numbers[AT.weight] *= GROWTH;
  if (numbers[AT.weight] < MAX_WEIGHT) return;
  const by = 1 / numbers[AT.weight];
  for (let i = 0; i < tails.length; i++) tails[i] *= by;
  for (let i = 0; i < blocks.length; i++) blocks[i] *= by;
  numbers[AT.weights] *= by;
  numbers[AT.weight] = 1;
}

/**
 * How many readings pass until one deviates as much again (its return period, at least 1), by all readings before; then
 * counts this one. `tail` is that of the deviation and its sign, `size` how much it deviates: above 0.
 *
 * The weights of sizes are a ring of bins, of which the blocks up to that of the record are good.
 */
export function returnPeriod(state: DeviceState, tail: number, size: number): number {
  const place = PER_OCTAVE * Math.log2(size);
  const period = periodOf(state, tail, size, place + ALMOST_BINS);
  count(state, tail, size, Math.floor(place));
  return period;
}

/** `place` is in bins: what is there or above counts as being as large. */
function periodOf(state: DeviceState, tail: number, size: number, place: number): number {
  const { numbers, tails, blocks, tops, records } = state;
  const record = records[tail];
  const weight = numbers[AT.weight];
  const earlier = numbers[AT.weights] / weight + 1;
  if (record === 0) return earlier / PRIOR;
  const bin = Math.floor(place);
  const top = tops[tail];
  const block = bin >> BLOCK_BITS;
  // All that is remembered is larger.
  if (block <= (top >> BLOCK_BITS) - TAIL_BLOCKS) return 1;
  let as = 0;
  for (let k = top >> BLOCK_BITS; k > block; k--) as += blocks[tail * TAIL_BLOCKS + (k & (TAIL_BLOCKS - 1))];
  if (bin <= top) {
    const base = tail * TAIL_BINS;
    for (let k = Math.min(top, bin | (BLOCK - 1)); k > bin; k--) as += tails[base + (k & (TAIL_BINS - 1))];
    as += tails[base + (bin & (TAIL_BINS - 1))] * (1 - (place - bin));
  }
  const period = Math.max(1, earlier / (as / weight + PRIOR));
  return size > record ? period * powerOf2(STEEPNESS * Math.log2(size / record)) : period;
}

function count(state: DeviceState, tail: number, size: number, bin: number): void {
  const { numbers, tails, blocks, tops, records, taken } = state;
  if (records[tail] === 0) tops[tail] = bin;
  if (size >= records[tail]) {
    records[tail] = size;
    raise(state, tail, bin);
  }
  if (bin >> BLOCK_BITS > (tops[tail] >> BLOCK_BITS) - TAIL_BLOCKS) {
    tails[tail * TAIL_BINS + (bin & (TAIL_BINS - 1))] += numbers[AT.weight];
    blocks[tail * TAIL_BLOCKS + ((bin >> BLOCK_BITS) & (TAIL_BLOCKS - 1))] += numbers[AT.weight];
  }
  if (++taken[tail] >= CLEARED_EVERY) clear(state, tail);
}

/** Blocks turn: what falls out below makes room above. */
function raise({ tails, blocks, tops }: DeviceState, tail: number, bin: number): void {
  const [before, now] = [tops[tail] >> BLOCK_BITS, bin >> BLOCK_BITS];
  for (let k = Math.max(before, now - TAIL_BLOCKS) + 1; k <= now; k++) {
    const turned = k & (TAIL_BLOCKS - 1);
    blocks[tail * TAIL_BLOCKS + turned] = 0;
    const from = tail * TAIL_BINS + turned * BLOCK;
    tails.fill(0, from, from + BLOCK);
  }
  tops[tail] = Math.max(tops[tail], bin);
}

function clear({ numbers, tails, blocks, tops, records, taken }: DeviceState, tail: number): void {
  taken[tail] = 0;
  const base = tail * TAIL_BINS;
  const least = FORGOTTEN * numbers[AT.weight];
  const lowest = ((tops[tail] >> BLOCK_BITS) - TAIL_BLOCKS + 1) * BLOCK;
  let top = tops[tail];
  for (; top > lowest && tails[base + (top & (TAIL_BINS - 1))] < least; top--) {
    const at = top & (TAIL_BINS - 1);
    const block = tail * TAIL_BLOCKS + (at >> BLOCK_BITS);
    blocks[block] = Math.max(0, blocks[block] - tails[base + at]);
    tails[base + at] = 0;
  }
  if (top === tops[tail]) return;
  tops[tail] = top;
  records[tail] = powerOf2((top + 1) / PER_OCTAVE);
}

/** The operator gives other last digits on Node 20 and 22 than on 24 and 26; these functions give the same on all. */
function powerOf2(exponent: number): number {
  return Math.exp(exponent * Math.LN2);
}
