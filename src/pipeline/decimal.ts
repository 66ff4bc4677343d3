/**
 * Decimals from bytes, exactly as `Number()` reads them, without a string for the usual case.
 *
 * A mantissa below 2^53 divided by a power of ten up to 10^22 has both operands exact in a double, so IEEE 754
 * division rounds once and correctly (Clinger 1990, "How to read floating point numbers accurately", section 3).
 */

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Largest magnitude of a reading's value: sums of any number of rows then stay finite. */
export const MAX_MAGNITUDE = 1e100;

/**
 * Reads a plain decimal (`-12.5`, `22`, no exponent, at most 15 digits) at `p` into `out[i]`.
 * Returns the position after it, or -1 when the bytes there need {@link parseDecimal}.
 * The bytes must contain a non-digit at or after `p`: it is the only thing that ends the loops.
 */
export function readDecimal(b: Uint8Array, p: number, out: Float64Array, i: number): number {
  let d = 0;
  const negative = b[p] === 45;
  if (negative) p++;
  const first = p;
  // Wraps beyond nine digits; the long reader then starts again in doubles.
  let mantissa = (b[p] - 48) >>> 0;
  if (mantissa > 9) return -1;
  while ((d = (b[++p] - 48) >>> 0) < 10) mantissa = (Math.imul(mantissa, 10) + d) | 0;
  let digits = p - first;
  let value = mantissa;
  if (b[p] === 46) {
    const point = p;
    while ((d = (b[++p] - 48) >>> 0) < 10) mantissa = (Math.imul(mantissa, 10) + d) | 0;
    const fraction = p - point - 1;
    if (fraction === 0) return -1;
    digits += fraction;
    if (digits > 9) return digits > 15 ? -1 : readLong(b, first, negative, out, i);
    value = mantissa / POWERS_OF_TEN[fraction];
  } else if (digits > 9) {
    return digits > 15 ? -1 : readLong(b, first, negative, out, i);
  }
  out[i] = negative ? -value : value;
  return p;
}

/** Ten to fifteen digits: the mantissa no longer fits 32 bits but is still exact in a double. */
function readLong(b: Uint8Array, p: number, negative: boolean, out: Float64Array, i: number): number {
  let d = 0;
  let mantissa = 0;
  let fraction = 0;
  while ((d = (b[p] - 48) >>> 0) < 10) {
    mantissa = mantissa * 10 + d;
    p++;
  }
  if (b[p] === 46) {
    const point = p;
    while ((d = (b[++p] - 48) >>> 0) < 10) mantissa = mantissa * 10 + d;
    fraction = p - point - 1;
  }
  const value = mantissa / POWERS_OF_TEN[fraction];
  out[i] = negative ? -value : value;
  return p;
}

/**
 * The decimal in `b[from..to)`, or NaN where the bytes are none. Grammar:
 * `-? (digits [. digits?] | . digits) ([eE] [+-]? digits)?`. No plus sign, hex, underscores, blanks, NaN or Infinity.
 * A magnitude beyond the doubles is Infinity.
 */
export function parseDecimal(b: Buffer, from: number, to: number): number {
  let p = from;
  if (p < to && b[p] === 45) p++;
  const whole = skipDigits(b, p, to);
  let digits = whole - p;
  p = whole;
  if (p < to && b[p] === 46) {
    const fraction = skipDigits(b, p + 1, to);
    digits += fraction - p - 1;
    p = fraction;
  }
  if (digits === 0) return Number.NaN;
  if (p < to && (b[p] === 101 || b[p] === 69)) {
    p++;
    if (p < to && (b[p] === 43 || b[p] === 45)) p++;
    const exponent = skipDigits(b, p, to);
    if (exponent === p) return Number.NaN;
    p = exponent;
  }
  return p === to ? Number(b.toString("latin1", from, to)) : Number.NaN;
}

/** Behind the digits that stand there, if any. */
export function skipDigits(b: Uint8Array, p: number, to: number): number {
  while (p < to && b[p] >= 48 && b[p] <= 57) p++;
  return p;
}
