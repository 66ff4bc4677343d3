/** The first bytes of a text of which so many are left, and zeros behind them. */
export function sixteen(p: usize, left: i32): v128 {
  const lane = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(v128.load(p), i8x16.lt_s(lane, i8x16.splat(<i8>left)));
}
