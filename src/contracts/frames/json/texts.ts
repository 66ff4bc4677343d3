import { NOTHING } from "./window.ts";

/** 1 for bytes at which a text is looked at more closely: a quote, a backslash, what may not stand in it, its end. */
export const STOPS = Uint8Array.from({ length: 256 }, (_, c) =>
  c < 32 || c === 34 || c === 92 || c === NOTHING ? 1 : 0,
);

const ESCAPES = new Uint8Array(256);
for (const [letter, meant] of ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"]) {
  ESCAPES[letter.charCodeAt(0)] = meant.charCodeAt(0);
}

const LITERALS: Readonly<Record<number, Buffer>> = {
  116: Buffer.from("true"),
  102: Buffer.from("false"),
  110: Buffer.from("null"),
};

const isDigit = (c: number) => c >= 48 && c <= 57;

/** Where the number ends that begins at `p` (RFC 8259 §6); the complement of where it is none. */
export function numberEnd(b: Buffer, p: number): number {
  // All bits once it is none: one way out, see the scanner.
  let none = 0;
  let c = b[p];
  if (c === 45) c = b[++p];
  if (c === 48) c = b[++p];
  else {
    if (!isDigit(c)) none = -1;
    while (isDigit(c)) c = b[++p];
  }
  if (c === 46 && none === 0) {
    c = b[++p];
    if (!isDigit(c)) none = -1;
    while (isDigit(c)) c = b[++p];
  }
  if ((c === 101 || c === 69) && none === 0) {
    c = b[++p];
    if (c === 43 || c === 45) c = b[++p];
    if (!isDigit(c)) none = -1;
    while (isDigit(c)) c = b[++p];
  }
  return p ^ none;
}

/** Where `true`, `false` or `null` ends that begins at `p`; the complement of where it is neither. */
export function literalEnd(b: Buffer, p: number): number {
  const literal = LITERALS[b[p]];
  if (literal === undefined) return ~p;
  for (let i = 1; i < literal.length; i++) if (b[p + i] !== literal[i]) return ~(p + i);
  return p + literal.length;
}

function hexAt(b: Buffer, p: number): number {
  let code = 0;
  for (let i = 0; i < 4; i++) {
    const c = b[p + i];
    const letter = c | 32;
    if (!isDigit(c) && (letter < 97 || letter > 102)) return ~(p + i);
    code = code * 16 + (isDigit(c) ? c - 48 : letter - 87);
  }
  return code;
}

const isHigh = (code: number) => code >= 0xd800 && code < 0xdc00;
const isLow = (code: number) => code >= 0xdc00 && code < 0xe000;

/** Where the closing quote of a text is, from a byte within it on; the complement of where it is no text. */
export function textEnd(b: Buffer, p: number): number {
  for (;;) {
    while (STOPS[b[p]] === 0) p++;
    if (b[p] !== 92) return b[p] === 34 ? p : ~p;
    const letter = b[p + 1];
    if (letter === 117) {
      const code = hexAt(b, p + 2);
      if (code < 0) return code;
      p += 6;
    } else if (ESCAPES[letter] !== 0) p += 2;
    else return ~(p + 1);
  }
}

/** Whether a text has half a surrogate pair, which is no Unicode (RFC 8259 §8.2), or a NUL, which no text in a lake has. */
export function isOdd(b: Buffer, from: number, to: number): boolean {
  // Where the second half of a pair has to stand; -1 where none has.
  let wanted = -1;
  for (let p = b.indexOf(92, from); p >= 0 && p < to; p = b.indexOf(92, p)) {
    const code = b[p + 1] === 117 ? hexAt(b, p + 2) : -1;
    if (code === 0 || (isLow(code) ? wanted !== p : wanted >= 0)) return true;
    wanted = isHigh(code) ? p + 6 : -1;
    p += b[p + 1] === 117 ? 6 : 2;
  }
  return wanted >= 0;
}

/** The text that `b[from..to)` stands for. */
export function unescapeText(b: Buffer, from: number, to: number): Buffer {
  const out = Buffer.allocUnsafe(to - from);
  let n = 0;
  for (let p = from; p < to; p++) {
    if (b[p] !== 92) {
      out[n++] = b[p];
      continue;
    }
    const letter = b[++p];
    if (letter !== 117) {
      out[n++] = ESCAPES[letter];
      continue;
    }
    let code = hexAt(b, p + 1);
    p += 4;
    if (isHigh(code) && b[p + 1] === 92 && b[p + 2] === 117) {
      const low = hexAt(b, p + 3);
      if (isLow(low)) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
      }
    }
    n = writeUtf8(code, out, n);
  }
  return out.subarray(0, n);
}

function writeUtf8(code: number, out: Buffer, n: number): number {
  if (code < 0x80) {
    out[n++] = code;
    return n;
  }
  if (code < 0x800) out[n++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) out[n++] = 0xe0 | (code >> 12);
    else {
      out[n++] = 0xf0 | (code >> 18);
      out[n++] = 0x80 | ((code >> 12) & 63);
    }
    out[n++] = 0x80 | ((code >> 6) & 63);
  }
  out[n++] = 0x80 | (code & 63);
  return n;
}
