/** Rational arithmetic in BigInt, which shares nothing with the code under test. */

/** Every double of magnitude 2^-500 to 2^400 is a whole number of 2^-600. */
const SCALE = 2 ** 600;

export function scaled(value: number): bigint {
  return BigInt(value * SCALE);
}

/** The double nearest to `sum / count`, ties to even; `sum` in units of 2^-600. */
export function quotientOf(sum: bigint, count: bigint): number {
  const magnitude = (sum < 0n ? -sum : sum) << 2n;
  // A bit that says whether anything follows makes the one rounding of Number() the right one.
  const rounded = Number((magnitude / count) | (magnitude % count === 0n ? 0n : 1n)) / (SCALE * 4);
  return sum < 0n ? -rounded : rounded;
}

/** The correctly rounded average. */
export function averageOf(values: readonly number[]): number {
  return quotientOf(
    values.reduce((sum, value) => sum + scaled(value), 0n),
    BigInt(values.length),
  );
}
