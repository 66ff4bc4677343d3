/** JSON's tokens (RFC 8259), as `src/contracts/frames/json/texts.ts` reads them. All of them end at a line end at the latest. */

const NONE: usize = 0;

/** Where a text has something else than plain characters: a quote, a backslash, a control character. */
export function plainEnd(from: usize): usize {
  let p = from;
  let stops = stopsIn(p);
  while (stops === 0) {
    p += 16;
    stops = stopsIn(p);
  }
  return p + <usize>ctz(stops);
}

function stopsIn(p: usize): i32 {
  const text = v128.load(p);
  const quotes = v128.or(i8x16.eq(text, i8x16.splat(34)), i8x16.eq(text, i8x16.splat(92)));
  return i8x16.bitmask(v128.or(quotes, i8x16.lt_u(text, i8x16.splat(32))));
}

/** Where the value ends that begins at `p`; 0 where it is none. */
export function valueEnd(p: usize): usize {
  const c = load<u8>(p);
  if (c === 34) return textEnd(plainEnd(p + 1));
  if (c <= 57) return numberEnd(p);
  if (c === 110 || c === 116) {
    const word = load<u32>(p);
    return word === 0x6c6c756e || word === 0x65757274 ? p + 4 : NONE;
  }
  return c === 102 && load<u32>(p + 1) === 0x65736c61 ? p + 5 : NONE;
}

/** Where a text ends, quote included, from a byte within it on; 0 where it is none. */
function textEnd(from: usize): usize {
  let p = from;
  while (load<u8>(p) === 92) {
    const letter = load<u8>(p + 1);
    if (letter === 117) {
      for (let i: usize = 2; i < 6; i++) if (!isHex(load<u8>(p + i))) return NONE;
      p += 6;
    } else if (isEscape(letter)) p += 2;
    else return NONE;
    p = plainEnd(p);
  }
  return load<u8>(p) === 34 ? p + 1 : NONE;
}

function isHex(c: u8): boolean {
  return isDigit(c) || <u32>((c | 32) - 97) < 6;
}

/** `"`, `\`, `/` and `bfnrt`. */
function isEscape(c: u8): boolean {
  if (c === 34 || c === 92 || c === 47) return true;
  return c === 98 || c === 102 || c === 110 || c === 114 || c === 116;
}

function isDigit(c: u8): boolean {
  return (<u32>c ^ 48) < 10;
}

/** Where the number ends that begins at `from`; 0 where it is none. */
export function numberEnd(from: usize): usize {
  let p = from;
  if (load<u8>(p) === 45) p++;
  if (load<u8>(p) === 48) p++;
  else {
    if (!isDigit(load<u8>(p))) return NONE;
    p = digitsEnd(p);
  }
  if (load<u8>(p) === 46) {
    if (!isDigit(load<u8>(++p))) return NONE;
    p = digitsEnd(p);
  }
  if ((load<u8>(p) | 32) === 101) {
    const sign = load<u8>(++p);
    if (sign === 43 || sign === 45) p++;
    if (!isDigit(load<u8>(p))) return NONE;
    p = digitsEnd(p);
  }
  return p;
}

function digitsEnd(p: usize): usize {
  while (isDigit(load<u8>(++p)));
  return p;
}
