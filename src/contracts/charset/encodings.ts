import { big5Step, eucJpStep, eucKrStep, gb18030Step, iso2022JpStep, shiftJisStep } from "./double-bytes.ts";
import { type Step, singleByteStep, userDefinedStep, utf16Step } from "./step.ts";

/** Those that are no table of single bytes; of gbk and iso-8859-8-i the standard reads the bytes as those of another. */
const STEPS: Readonly<Record<string, () => Step>> = {
  "utf-16le": () => utf16Step(1),
  "utf-16be": () => utf16Step(0),
  "iso-8859-8-i": () => singleByteStep("iso-8859-8")!,
  "x-user-defined": () => userDefinedStep,
  gb18030: gb18030Step,
  gbk: gb18030Step,
  big5: big5Step,
  "euc-jp": eucJpStep,
  "iso-2022-jp": iso2022JpStep,
  shift_jis: shiftJisStep,
  "euc-kr": eucKrStep,
};

/** An encoding other than UTF-8. */
export interface Encoding {
  /** Begins a reading of it. */
  readonly open: () => Step;
  /** Bytes below 0x80 are ASCII wherever a character begins. */
  readonly isAsciiBased: boolean;
}

export const UTF_8 = "utf-8";

const NOT_ASCII_BASED: readonly string[] = ["utf-16le", "utf-16be", "iso-2022-jp"];

/** An encoding by its name in the standard; null for UTF-8 and where there is none. */
export function encodingNamed(name: string): Encoding | null {
  const isAsciiBased = !NOT_ASCII_BASED.includes(name);
  if (Object.hasOwn(STEPS, name)) return { open: STEPS[name], isAsciiBased };
  return singleByteStep(name) === null ? null : { open: () => singleByteStep(name)!, isAsciiBased };
}

/** The name of an encoding by one of its labels in the Encoding Standard (`latin1` is windows-1252); null for none. */
export function encodingOf(label: string): string | null {
  const name = label.trim().toLowerCase();
  // Node 20 and 22 do not know two of them.
  if (name === UTF_8 || encodingNamed(name) !== null) return name;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null;
  }
}

/** Byte order marks, by whose they are. */
const MARKS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  [UTF_8, [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
  ["gb18030", [0x84, 0x31, 0x95, 0x33]],
];

/** The most bytes that tell a byte order mark. */
export const MARK_BYTES = 4;

/** Whose byte order mark a file begins with, and how many bytes it has; null where it has none. */
export function markOf(front: Uint8Array): { readonly name: string; readonly bytes: number } | null {
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, i) => front[i] === byte));
  return mark === undefined ? null : { name: mark[0], bytes: mark[1].length };
}
