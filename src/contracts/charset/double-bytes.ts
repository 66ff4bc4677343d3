import { INCOMPLETE, INVALID, NO_TEXT, type Step } from "./step.ts";

/** Code points by `lead << 8 | trail`; 0 where the two are no character. */
type Pairs = Uint16Array;

const LEADS = { from: 0x81, to: 0xfe };

/** The 39,420 characters of four bytes in the Basic Multilingual Plane, and where those of the others begin (GB 18030). */
const BMP_FOURS = 39_420;
const ASTRAL_FOUR = 189_000;

/** Made once for each encoding, when it is first read: some ten milliseconds. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The pairs that Node (ICU) knows, behind a prefix. A test holds them to the same on every version. */
function pairsOf(label: string, isCharacter: (code: number) => boolean = () => true, prefix: number[] = []): Pairs {
  const decoder = new TextDecoder(label);
  const pairs = new Uint16Array(65_536);
  for (let lead = LEADS.from; lead <= LEADS.to; lead++) {
    for (let trail = 0x40; trail <= LEADS.to; trail++) {
      const text = decoder.decode(Uint8Array.of(...prefix, lead, trail));
      const code = text.charCodeAt(0);
      if (text.length === 1 && code !== 0xfffd && isCharacter(code)) pairs[(lead << 8) | trail] = code;
    }
  }
  return pairs;
}

/** Bytes below 0x80 are themselves; some above stand alone, the others are the first of two. */
function doubleByteStep(pairs: Pairs, alone: (byte: number) => number = () => 0): Step {
  return (b, at, end) => {
    const byte = b[at];
    const single = byte < 0x80 ? byte : alone(byte);
    if (single !== 0 || byte === 0) return (single << 3) | 1;
    if (end - at < 2) return INCOMPLETE;
    const code = pairs[(byte << 8) | b[at + 1]];
    return code === 0 ? INVALID : (code << 3) | 2;
  };
}

const isHalfWidth = (byte: number) => byte >= 0xa1 && byte <= 0xdf;
const halfWidth = (byte: number) => 0xff61 - 0xa1 + byte;

/** ICU gives private-use characters for what the standard takes from Big5-HKSCS: no character rather than another. */
const isPublic = (code: number) => code < 0xe000 || code > 0xf8ff;

export const big5Step = once(() => doubleByteStep(pairsOf("big5", isPublic)));

export const eucKrStep = once(() => doubleByteStep(pairsOf("euc-kr")));

export const shiftJisStep = once(() =>
  doubleByteStep(pairsOf("shift_jis"), (byte) => (isHalfWidth(byte) ? halfWidth(byte) : 0)),
);

const eucJpPairs = once(() => pairsOf("euc-jp"));

export const eucJpStep = once((): Step => {
  const step = doubleByteStep(eucJpPairs());
  const triples = pairsOf("euc-jp", undefined, [0x8f]);
  return (b, at, end) => {
    if (b[at] === 0x8e) {
      if (end - at < 2) return INCOMPLETE;
      return isHalfWidth(b[at + 1]) ? (halfWidth(b[at + 1]) << 3) | 2 : INVALID;
    }
    if (b[at] !== 0x8f) return step(b, at, end);
    if (end - at < 3) return INCOMPLETE;
    const code = triples[(b[at + 1] << 8) | b[at + 2]];
    return code === 0 ? INVALID : (code << 3) | 3;
  };
});

/** gbk as well: the standard reads both alike, and that of Node 20 is another one. */
export const gb18030Step = once((): Step => {
  const decoder = new TextDecoder("gb18030");
  const fours = Uint16Array.from({ length: BMP_FOURS }, (_, i) => decoder.decode(fourOf(i)).charCodeAt(0));
  const step = doubleByteStep(pairsOf("gb18030"), (byte) => (byte === 0x80 ? 0x20ac : 0));
  return (b, at, end) => {
    const isFour = b[at] >= LEADS.from && end - at > 1 && b[at + 1] >= 0x30 && b[at + 1] <= 0x39;
    if (!isFour) return step(b, at, end);
    if (end - at < 4) return INCOMPLETE;
    const [first, second, third, fourth] = [b[at], b[at + 1], b[at + 2], b[at + 3]];
    if (first > LEADS.to || third < LEADS.from || third > LEADS.to || fourth < 0x30 || fourth > 0x39) return INVALID;
    const i = ((first - 0x81) * 10 + second - 0x30) * 1260 + (third - 0x81) * 10 + fourth - 0x30;
    if (i < BMP_FOURS) return (fours[i] << 3) | 4;
    const code = i - ASTRAL_FOUR + 0x10000;
    return code < 0x10000 || code > 0x10ffff ? INVALID : (code << 3) | 4;
  };
});

function fourOf(i: number): Uint8Array {
  return Uint8Array.of(
    0x81 + Math.floor(i / 12_600),
    0x30 + (Math.floor(i / 1260) % 10),
    0x81 + (Math.floor(i / 10) % 126),
    0x30 + (i % 10),
  );
}

/** The sets between which escape sequences change (RFC 1468, JIS X 0201). */
const SETS: Readonly<Record<string, "ascii" | "roman" | "katakana" | "kanji">> = {
  "(B": "ascii",
  "(J": "roman",
  "(I": "katakana",
  $B: "kanji",
  "$@": "kanji",
};

/** It keeps a state: each reading has its own. */
export function iso2022JpStep(): Step {
  const kanji = eucJpPairs();
  let set: (typeof SETS)[string] = "ascii";
  return (b, at, end) => {
    const byte = b[at];
    if (byte === 0x1b) {
      if (end - at < 3) return INCOMPLETE;
      const next = SETS[String.fromCharCode(b[at + 1], b[at + 2])];
      if (next === undefined) return INVALID;
      set = next;
      return (NO_TEXT << 3) | 3;
    }
    if (byte >= 0x80 || byte === 0x0e || byte === 0x0f) return INVALID;
    if (set === "ascii") return (byte << 3) | 1;
    if (set === "roman") return ((byte === 0x5c ? 0xa5 : byte === 0x7e ? 0x203e : byte) << 3) | 1;
    if (set === "katakana") return isHalfWidth(byte + 0x80) ? (halfWidth(byte + 0x80) << 3) | 1 : INVALID;
    if (end - at < 2) return INCOMPLETE;
    const code = b[at + 1] < 0x80 ? kanji[((byte | 0x80) << 8) | b[at + 1] | 0x80] : 0;
    return code === 0 ? INVALID : (code << 3) | 2;
  };
}
