import SINGLE_BYTES from "./single-bytes.json" with { type: "json" };

/**
 * Looks at the character at `b[at]`, of which no byte at `end` or behind is there yet: its code point times 8, plus the
 * number of its bytes; INCOMPLETE or INVALID. One that keeps a state is called for each character once, in order.
 */
export type Step = (b: Uint8Array, at: number, end: number) => number;

/** What is there may be the beginning of a character. */
export const INCOMPLETE = -1;
/** No character begins here. */
export const INVALID = -2;
/** Bytes that change the state and are no text. */
export const NO_TEXT = 0x1fffff;

/** Of no character: what the tables have where a byte is none. */
const NONE = 0xfffd;

export function utf16Step(high: 0 | 1): Step {
  const low = 1 - high;
  return (b, at, end) => {
    if (end - at < 2) return INCOMPLETE;
    const unit = (b[at + high] << 8) | b[at + low];
    if ((unit & 0xf800) !== 0xd800) return (unit << 3) | 2;
    if (unit >= 0xdc00) return INVALID;
    if (end - at < 4) return INCOMPLETE;
    const second = (b[at + 2 + high] << 8) | b[at + 2 + low];
    if ((second & 0xfc00) !== 0xdc00) return INVALID;
    return ((((unit & 0x3ff) << 10) + (second & 0x3ff) + 0x10000) << 3) | 4;
  };
}

/**
 * Of the Encoding Standard's single-byte encodings; null for others. Its tables are here, for those of Node differ by version: that of
 * Node 20 takes windows-1252 for ISO 8859-1 and has no iso-8859-16, and in seven more the bytes of Node 22 are others than
 * those of Node 26. `single-bytes.json` has bytes 0x80 to 0xff as runs of code points, hexadecimal: the first, `*` how many.
 */
export function singleByteStep(name: string): Step | null {
  if (!Object.hasOwn(SINGLE_BYTES, name)) return null;
  const table = Uint16Array.from({ length: 256 }, (_, byte) => byte);
  let at = 128;
  for (const run of SINGLE_BYTES[name as keyof typeof SINGLE_BYTES].split(" ")) {
    const [first, length = "1"] = run.split("*");
    const code = Number.parseInt(first, 16);
    for (let i = 0; i < Number(length); i++) table[at++] = code === NONE ? NONE : code + i;
  }
  return (b, position) => {
    const code = table[b[position]];
    return code === NONE ? INVALID : (code << 3) | 1;
  };
}

/** The Encoding Standard's x-user-defined: bytes as private-use characters. */
export const userDefinedStep: Step = (b, at) => ((b[at] < 0x80 ? b[at] : 0xf700 + b[at]) << 3) | 1;
