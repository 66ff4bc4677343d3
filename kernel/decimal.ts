/** 10^0 to 10^14, each of them exact. */
const POWERS_OF_TEN = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14]);

/**
 * The plain decimal in `[from, to)`: `-? digits [. digits]`, at most 15 digits. NaN where it is none, or one to be left to
 * JavaScript. Exact for the reason that `src/pipeline/decimal.ts` gives: both operands of the one division are.
 *
 * The digits are moved to the right end of a vector and added up in pairs, so that it takes no longer for more of them.
 */
// @inline
export function decimal(from: usize, to: usize): f64 {
  const negative = load<u8>(from) === 45;
  if (negative) from++;
  const length = <i32>(to - from);
  if (<u32>(length - 1) > 15) return NaN;
  const lane = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  let text = v128.load(to - 16);
  let digits = length;
  let fraction = 0;
  const first = 16 - length;
  const points = i8x16.bitmask(i8x16.eq(text, i8x16.splat(46))) >> first;
  if (points !== 0) {
    const point = first + ctz(points);
    fraction = 15 - point;
    if (fraction === 0 || point === first) return NaN;
    digits--;
    // What stands before the point moves up to it. A second point is no digit.
    text = v128.bitselect(text, v128.load(to - 17), i8x16.gt_s(lane, i8x16.splat(<i8>point)));
  }
  if (digits > 15) return NaN;
  const ones = v128.and(i8x16.sub(text, i8x16.splat(48)), i8x16.ge_s(lane, i8x16.splat(<i8>(16 - digits))));
  if (v128.any_true(i8x16.gt_u(ones, i8x16.splat(9)))) return NaN;
  const pairs = i16x8.add(i16x8.mul(v128.and(ones, i16x8.splat(255)), i16x8.splat(10)), i16x8.shr_u(ones, 8));
  const fours = i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
  const packed = i16x8.narrow_i32x4_u(fours, fours);
  const eights = i32x4.dot_i16x8_s(packed, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1));
  const mantissa = <i64>i32x4.extract_lane(eights, 0) * 100000000 + <i64>i32x4.extract_lane(eights, 1);
  const value = <f64>mantissa / load<f64>(POWERS_OF_TEN + ((<usize>fraction) << 3));
  return negative ? -value : value;
}
