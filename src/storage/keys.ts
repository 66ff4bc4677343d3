import { VantageflowError } from "../errors.ts";

/** S3 user guide, "Naming Amazon S3 objects": at most 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
/** Room for what vantageflow adds to a name, within the 255 bytes of a local file name. */
const MAX_SEGMENT_BYTES = 200;
/** A batch of the longest name has rejects too: `.rejects.csv` for `.csv`. */
const MAX_REJECTS_BYTES = MAX_SEGMENT_BYTES + ".rejects".length;
const PRIVATE = ".vantageflow";
/** Names that Windows gives to devices, with or without an extension ("Naming Files, Paths, and Namespaces"). */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[1-9¹²³]|lpt[1-9¹²³]) *(\..*)?$/i;
const ENCODED_DOTS = /^(\.|%2e){1,2}$/i;

/** Throws `key_invalid` for a key that could leave the lake or confuse it. */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem === null) return;
  throw new VantageflowError(
    "key_invalid",
    `Cannot use ${JSON.stringify(key)} as a key: ${problem}. Rename the file.`,
    { key },
  );
}

/** What is wrong with a key (`it is empty`), or null when a bucket and a POSIX directory can hold it. */
export function keyProblem(key: string): string | null {
  if (key === "") return "it is empty";
  if (!key.isWellFormed()) return "it is no valid Unicode";
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  if (key.startsWith("/") || /^[a-z]:/i.test(key)) return "it is an absolute path";
  if (key.includes("\\")) return "it has a backslash";
  if (/[\u0000-\u001f\u007f-\u009f]/.test(key)) return "it has a control character";
  const segments = key.split("/");
  if (segments[0].toLowerCase() === PRIVATE) return `${PRIVATE}/ is vantageflow's own`;
  for (const segment of segments) {
    const problem = segmentProblem(segment);
    if (problem !== null) return problem;
  }
  return null;
}

function segmentProblem(segment: string): string | null {
  if (segment === "") return "it has an empty segment";
  if (ENCODED_DOTS.test(segment)) return `"${segment}" leads to another folder`;
  const longest = /\.rejects\.csv$/i.test(segment) ? MAX_REJECTS_BYTES : MAX_SEGMENT_BYTES;
  if (Buffer.byteLength(segment) > longest) return `a segment is longer than ${longest} bytes`;
  return null;
}

/** Why a Windows file system cannot hold a key that others can; null when it can. */
export function windowsProblem(key: string): string | null {
  for (const segment of key.split("/")) {
    if (RESERVED.test(segment)) return `"${segment}" is reserved on Windows`;
    if (/[. ]$/.test(segment)) return `"${segment}" ends in a dot or a blank, which Windows drops`;
    const [character] = /[<>:"|?*]/.exec(segment) ?? [];
    if (character !== undefined) return `"${segment}" has a ${character}, which names on Windows cannot have`;
  }
  return null;
}

/** The order of keys in a listing: that of their UTF-8 bytes. UTF-16 differs beyond the Basic Multilingual Plane only. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const [xSurrogate, ySurrogate] = [isSurrogate(x), isSurrogate(y)];
    return xSurrogate === ySurrogate ? x - y : xSurrogate ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
