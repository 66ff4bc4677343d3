/** How numbers are written in a source (Frictionless Table Schema, `decimalChar` and `groupChar`), as UTF-8. */
export interface NumberStyle {
  /** A point or a comma. */
  readonly decimalChar: number;
  /** What stands between groups of three digits; empty where nothing may. */
  readonly groupChar: Uint8Array;
}

const [PLUS, MINUS, POINT, ZERO] = [43, 45, 46, 48];

/**
 * Moves the digits of a decimal in `b[from..to)` to `out[at..)` as the data contract writes them (`-1229.7`), and returns
 * where they end. No digit is read as a number, so none is lost. -1 for what is no decimal of this style, and then nothing
 * there counts: groups are of three digits behind one to three, all of them or none are parted, and none stand behind the
 * decimal sign; the other sign of the two has no place in it. A plus in front is left out. An exponent stays.
 *
 * `out` has room for as many bytes as there are in the source, and one more.
 */
export function moveDigits(
  b: Uint8Array,
  from: number,
  to: number,
  { decimalChar, groupChar }: NumberStyle,
  out: Uint8Array,
  at: number,
): number {
  let p = from;
  let n = at;
  if (b[p] === MINUS) out[n++] = b[p++];
  else if (b[p] === PLUS) p++;
  const first = n;
  let group = 0;
  let isParted = false;
  for (; p < to; p++) {
    const digit = b[p] ^ ZERO;
    if (digit < 10) {
      out[n++] = b[p];
      group++;
      continue;
    }
    if (!isGroup(b, p, to, groupChar)) break;
    if (isParted ? group !== 3 : group < 1 || group > 3) return -1;
    isParted = true;
    group = 0;
    p += groupChar.length - 1;
  }
  if (isParted && group !== 3) return -1;
  let digits = n - first;
  if (p < to && b[p] === decimalChar) {
    // `.5` and `5.` are decimals of the data contract, and stay as they are.
    out[n++] = POINT;
    for (p++; p < to && (b[p] ^ ZERO) < 10; p++) {
      out[n++] = b[p];
      digits++;
    }
  }
  if (digits === 0) return -1;
  if (p < to && (b[p] | 32) === 101) {
    out[n++] = b[p++];
    if (p < to && (b[p] === PLUS || b[p] === MINUS)) out[n++] = b[p++];
    const exponent = p;
    for (; p < to && (b[p] ^ ZERO) < 10; p++) out[n++] = b[p];
    if (p === exponent) return -1;
  }
  return p === to ? n : -1;
}

function isGroup(b: Uint8Array, p: number, to: number, groupChar: Uint8Array): boolean {
  const { length } = groupChar;
  if (length === 0 || p + length > to) return false;
  for (let i = 0; i < length; i++) if (b[p + i] !== groupChar[i]) return false;
  return true;
}
