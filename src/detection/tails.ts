import { AT, type DeviceState, FACTS, OF, TAIL_BINS } from "./state.ts";

/** Bins of an octave: a deviation is known to 4 %. */
const PER_OCTAVE = 16;
/** What is nearly as large counts as being as large. */
const ALMOST = 0.97;
const ALMOST_BINS = PER_OCTAVE * Math.log2(ALMOST);
/** Half a reading is added, so that what has never been seen is rare, not impossible (Jeffreys' prior). */
const PRIOR = 0.5;
/**
 * So many readings say how seldom something is, at most, though more are remembered: of 24 tails one has a new record every few
 * hundred readings, however long the past. That alone counts for half of what makes an alarm; how far it goes beyond does the rest.
 */
const SAYING = 3000;
/** Of a device that moves by less than this share of its mean distance from the mean more of them do: records come together there. */
const SMOOTH = 0.4;
/** Beyond the record, how fast deviations become rarer: the tail of a power law, steeper than real ones seldom are. */
const STEEPNESS = 2.3;
/** What comes more often than once in so many readings is usual: how often is not looked up. */
const USUAL = 15;
/** After so many readings, what was counts half: a month of one every five minutes. */
const HALF_LIFE = 8000;
const GROWTH = powerOf2(1 / HALF_LIFE);
/** A weight from which on all are made smaller, long before single precision loses what is added. */
const MAX_WEIGHT = 4096;
/** After so many, top bins that count for less than this of a reading are forgotten, and the record with them. */
const CLEARED_EVERY = 64;
const FORGOTTEN = 0.05;
const MASK = TAIL_BINS - 1;
/** Below all bins. */
const NO_BIN = -(2 ** 15);

/** Says how many readings say how seldom something is. To be called before the deviations of one are looked up. */
export function weighPast({ numbers }: DeviceState): void {
  const step = numbers[AT.step];
  const most = step === 0 ? SAYING : SAYING * Math.max(1, (SMOOTH * numbers[AT.spread]) / step);
  numbers[AT.saying] = Math.min(numbers[AT.weights] / numbers[AT.weight], most) + 1;
}

/** A reading has been counted: those before count less from now on. */
export function age({ numbers, tails, facts }: DeviceState): void {
  numbers[AT.weights] += numbers[AT.weight];
  numbers[AT.weight] *= GROWTH;
  if (numbers[AT.weight] < MAX_WEIGHT) return;
  const by = 1 / numbers[AT.weight];
  for (let i = 0; i < tails.length; i++) tails[i] *= by;
  for (let i = OF.small; i < facts.length; i += FACTS) facts[i] *= by;
  numbers[AT.weights] *= by;
  numbers[AT.weight] = 1;
}

/**
 * How many readings pass until one deviates as much again (its return period, at least 1), by all readings before; then
 * counts this one, if it is to be. `tail` is that of the deviation and its sign, `size` how much it deviates: above 0.
 *
 * The weights of sizes are a ring of bins, those from the record's down. Bins are counted from the first size on, whatever its unit.
 */
export function returnPeriod(state: DeviceState, tail: number, size: number, isCounted: boolean): number {
  const { numbers, facts } = state;
  const at = tail * FACTS;
  const place = PER_OCTAVE * Math.log2(size);
  const record = facts[at + OF.record];
  const weight = numbers[AT.weight];
  const earlier = numbers[AT.saying];
  const from = place - facts[at + OF.origin];
  let period = 1;
  if (record === 0) period = earlier / (facts[at + OF.small] / weight + PRIOR);
  else if (from + ALMOST_BINS >= facts[at + OF.usual]) period = periodOf(state, tail, from + ALMOST_BINS, earlier);
  if (record > 0 && size > record) period *= powerOf2(STEEPNESS * Math.log2(size / record));
  if (!isCounted) return period;
  if (record === 0) begin(facts, at, place);
  count(state, tail, size, record === 0 ? 0 : Math.floor(from));
  return period;
}

/** `from` is in bins: what is there or above counts as being as large. */
function periodOf({ numbers, tails, facts }: DeviceState, tail: number, from: number, earlier: number): number {
  const bin = Math.floor(from);
  const top = facts[tail * FACTS + OF.top];
  const base = tail * TAIL_BINS;
  const lowest = top - MASK;
  // What is too small for the bins may be as large as what is too small for them.
  let as = bin < lowest ? facts[tail * FACTS + OF.small] : 0;
  for (let k = top; k > bin && k >= lowest; k--) as += tails[base + (k & MASK)];
  if (bin <= top && bin >= lowest) as += tails[base + (bin & MASK)] * (1 - (from - bin));
  return Math.max(1, earlier / (as / numbers[AT.weight] + PRIOR));
}

/** The first size of a tail, or the first after all were forgotten. */
function begin(facts: Float64Array, at: number, place: number): void {
  facts[at + OF.origin] = place;
  facts[at + OF.top] = 0;
  facts[at + OF.usual] = NO_BIN;
}

function count(state: DeviceState, tail: number, size: number, bin: number): void {
  const { numbers, tails, facts } = state;
  const at = tail * FACTS;
  if (size >= facts[at + OF.record]) {
    facts[at + OF.record] = size;
    raise(state, tail, bin);
  }
  if (bin >= facts[at + OF.top] - MASK) tails[tail * TAIL_BINS + (bin & MASK)] += numbers[AT.weight];
  else facts[at + OF.small] += numbers[AT.weight];
  if (++facts[at + OF.taken] >= CLEARED_EVERY) clear(state, tail);
}

/** The ring turns: what falls out below makes room above. */
function raise({ tails, facts }: DeviceState, tail: number, bin: number): void {
  const at = tail * FACTS;
  for (let k = Math.max(facts[at + OF.top], bin - TAIL_BINS) + 1; k <= bin; k++) {
    const turned = tail * TAIL_BINS + (k & MASK);
    facts[at + OF.small] += tails[turned];
    tails[turned] = 0;
  }
  facts[at + OF.top] = Math.max(facts[at + OF.top], bin);
}

/** Forgets the record where it has faded, and finds out again what is usual. */
function clear({ numbers, tails, facts }: DeviceState, tail: number): void {
  const at = tail * FACTS;
  facts[at + OF.taken] = 0;
  const base = tail * TAIL_BINS;
  const weight = numbers[AT.weight];
  const before = facts[at + OF.top];
  const lowest = before - MASK;
  let top = before;
  for (; top >= lowest && tails[base + (top & MASK)] < FORGOTTEN * weight; top--) tails[base + (top & MASK)] = 0;
  if (top < lowest) {
    facts[at + OF.record] = 0;
    return;
  }
  if (top < before) {
    facts[at + OF.top] = top;
    facts[at + OF.record] = powerOf2((top + 1 + facts[at + OF.origin]) / PER_OCTAVE);
  }
  const often = (numbers[AT.saying] * weight) / USUAL;
  let as = 0;
  let bin = top + 1;
  while (bin > lowest && as < often) as += tails[base + (--bin & MASK)];
  facts[at + OF.usual] = as < often ? NO_BIN : bin;
}

/** The operator gives other last digits on Node 20 and 22 than on 24 and 26; these functions give the same on all. */
function powerOf2(exponent: number): number {
  return Math.exp(exponent * Math.LN2);
}
