/**
 * Averages that are rounded once. A sum is held as two doubles that do not overlap, `high + low`: some 106 bits
 * (Dekker 1971, "A floating-point technique for extending the available precision"). Right for magnitudes from 1e-290
 * to 1e290, which values of the data contract and their sums keep to.
 */
export interface Sum {
  readonly high: number;
  readonly low: number;
}

/** What `sum = a + b` rounds away (Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B). */
function lostBySum(a: number, b: number, sum: number): number {
  const rounded = sum - a;
  return a - (sum - rounded) + (b - rounded);
}

/** 2^27 + 1: halves the 53 bits of a double (Veltkamp). */
const SPLITTER = 134_217_729;

/** What `product = a * b` rounds away. */
function lostByProduct(a: number, b: number, product: number): number {
  const [bigA, bigB] = [a * SPLITTER, b * SPLITTER];
  const [highA, highB] = [bigA - (bigA - a), bigB - (bigB - b)];
  const [lowA, lowB] = [a - highA, b - highB];
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/** The sum of two compensated sums: each a double and what its additions have rounded away. */
export function joined(a: number, lostA: number, b: number, lostB: number): Sum {
  const sum = a + b;
  const lost = lostBySum(a, b, sum) + (lostA + lostB);
  const high = sum + lost;
  return { high, low: lostBySum(sum, lost, high) };
}

/**
 * `sum / count`, to the nearest double: the quotient of the high part is mended by its exact remainder. Never outside
 * of the smallest and the largest reading, even where more was rounded away than two doubles hold.
 */
export function meanOf({ high, low }: Sum, count: number, minimum: number, maximum: number): number {
  const quotient = high / count;
  const product = quotient * count;
  const mean = quotient + (high - product - lostByProduct(quotient, count, product) + low) / count;
  return Math.min(Math.max(mean, minimum), maximum);
}

/**
 * Adds `value * count` to an exact sum: doubles of growing magnitude that do not overlap, few of them, whose sum is the
 * same in whatever order it was made (Shewchuk 1997, "Adaptive Precision Floating-Point Arithmetic", theorem 10).
 */
export function addExactly(partials: number[], value: number, count: number): void {
  const product = value * count;
  grow(partials, lostByProduct(value, count, product));
  grow(partials, product);
}

function grow(partials: number[], value: number): void {
  let carried = value;
  let kept = 0;
  for (const part of partials) {
    const sum = carried + part;
    const lost = lostBySum(carried, part, sum);
    if (lost !== 0) partials[kept++] = lost;
    carried = sum;
  }
  partials.length = kept;
  if (carried !== 0) partials.push(carried);
}

/** An exact sum in two doubles. */
export function totalOf(partials: readonly number[]): Sum {
  const high = partials.reduceRight((sum, part) => sum + part, 0);
  const rest = [...partials];
  grow(rest, -high);
  return { high, low: rest.reduceRight((sum, part) => sum + part, 0) };
}
