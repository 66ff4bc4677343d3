/** Timestamps, as `src/pipeline/timestamp.ts` reads them. */

const NONE: u32 = 100;

/** The number of two ASCII digits, or {@link NONE}. */
function twoDigits(p: usize): u32 {
  const tens = <u32>load<u8>(p) ^ 48;
  const ones = <u32>load<u8>(p + 1) ^ 48;
  return tens < 10 && ones < 10 ? tens * 10 + ones : NONE;
}

/** Whether `YYYY-MM-DDTHH:MM` or `YYYY-MM-DD HH:MM` stands at `p`, a minute of the calendar. */
export function isMinute(p: usize): boolean {
  const separator = load<u8>(p + 10);
  if (separator !== 84 && separator !== 32) return false;
  // Digits become their values, and what must stand between them 0; the separator was looked at.
  const text = v128.xor(v128.load(p), i8x16(48, 48, 48, 48, 45, 48, 48, 45, 48, 48, 84, 48, 48, 58, 48, 48));
  const highest = i8x16(9, 9, 9, 9, 0, 1, 9, 0, 3, 9, 116, 2, 9, 0, 5, 9);
  if (v128.any_true(i8x16.gt_u(text, highest))) return false;
  const month = twoDigits(p + 5);
  const day = twoDigits(p + 8);
  if (month < 1 || month > 12 || day < 1 || twoDigits(p + 11) > 23) return false;
  return day <= 28 || day <= daysIn(month, twoDigits(p) * 100 + twoDigits(p + 2));
}

function daysIn(month: u32, year: u32): u32 {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Whether `[p, to)` is what may follow a minute: nothing, or seconds, their fraction and an offset from UTC. */
// @inline
export function isRest(p: usize, to: usize): boolean {
  // `:SS.FFFZ`, which most have. As above, and a byte that is too high reaches its top bit when this is added.
  if (to - p === 8) {
    const text = load<u64>(p) ^ 0x5a3030302e30303a;
    if ((((text + 0x7f7676767f767a7f) | text) & 0x8080808080808080) === 0) return true;
  }
  if (load<u8>(p) === 58) {
    if (twoDigits(p + 1) > 59) return false;
    p += 3;
    if (load<u8>(p) === 46) {
      const point = p;
      while ((<u32>load<u8>(++p) ^ 48) < 10);
      if (p === point + 1) return false;
    }
  }
  const zone = load<u8>(p);
  if (zone === 90) return p + 1 === to;
  return zone === 43 || zone === 45 ? isOffset(p + 1, to) : p === to;
}

/** `HH`, `HHMM` or `HH:MM` after the sign. */
function isOffset(p: usize, to: usize): boolean {
  if (twoDigits(p) > 23) return false;
  p += 2;
  if (p === to) return true;
  if (load<u8>(p) === 58) p++;
  return twoDigits(p) < 60 && p + 2 === to;
}
