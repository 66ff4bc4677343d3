import { isUtf8 } from "node:buffer";
import { VantageflowError } from "../errors.ts";
import { fileEmpty } from "./refused-row.ts";

const MAGIC: readonly [name: string, bytes: string][] = [
  ["gzip", "1f8b"],
  ["zip", "504b0304"],
  ["zstd", "28b52ffd"],
  ["xz", "fd377a585a00"],
  ["bzip2", "425a6839314159265359"],
  ["Parquet", "50415231"],
];

/** UTF-16 without a byte order mark, of either order: every second byte of its first letters is NUL. */
const NULS_BETWEEN = /^((?!00)..00){3}|^(00(?!00)..){3}/;

/**
 * Looks at the first bytes of a file and returns how many to skip (a UTF-8 byte order mark).
 * Throws `empty`, `compressed` (never inflated: a bomb stays closed) and `encoding_invalid` for UTF-16.
 */
export function checkStart(b: Buffer, start: number, end: number, key: string): number {
  const front = b.toString("hex", start, Math.min(end, start + 16));
  if (front === "") throw fileEmpty(key);
  checkNotCompressed(b.subarray(start, end), key);
  if (/^(fffe|feff)/.test(front) || NULS_BETWEEN.test(front)) {
    const why = "it is UTF-16. Save it as UTF-8.";
    throw new VantageflowError("encoding_invalid", `Cannot read "${key}": ${why}`, { key, line: 1, byteOffset: 0 });
  }
  return front.startsWith("efbbbf") ? 3 : 0;
}

/** Throws `compressed` for the first bytes of a file that is packed in one of the ways that are told by them. */
export function checkNotCompressed(b: Uint8Array, key: string, what = "CSV text"): void {
  const front = Buffer.from(b.subarray(0, 16)).toString("hex");
  const magic = MAGIC.find(([, bytes]) => front.startsWith(bytes));
  if (magic === undefined) return;
  const why = `it is ${magic[0]}, not ${what}. Unpack it first.`;
  throw new VantageflowError("compressed", `Cannot read "${key}": ${why}`, { key, line: 1, byteOffset: 0 });
}

/** The byte after the last whole UTF-8 sequence of `b[from..end)`: a chunk may end in the middle of one. */
export function lastBoundary(b: Buffer, from: number, end: number): number {
  for (let p = end - 1; p >= from && p >= end - 4; p--) {
    const c = b[p];
    if (c < 0x80) return p + 1;
    if (c >= 0xc0) return p + (c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4) <= end ? end : p;
  }
  return end;
}

/** The first byte of `b[from..to)` that is NUL or no UTF-8, or -1. Two vectorised passes; `from` is a boundary. */
export function firstBadByte(b: Buffer, from: number, to: number): number {
  const slice = b.subarray(from, to);
  const nul = slice.indexOf(0);
  const text = nul < 0 ? slice : slice.subarray(0, nul);
  if (isUtf8(text)) return nul < 0 ? -1 : from + nul;
  return from + firstInvalid(text);
}

/** The first byte that begins no UTF-8. Decoding puts U+FFFD where the bytes are wrong; one that was really written is told by its three bytes. */
export function firstInvalid(bytes: Buffer): number {
  const text = bytes.toString("utf8");
  let offset = 0;
  let from = 0;
  for (;;) {
    const at = text.indexOf("\ufffd", from);
    if (at < 0) return bytes.length;
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
}

/** `nul_byte` or `encoding_invalid` for the bad byte `b[at]`. */
export function badByte(b: Buffer, at: number, key: string, line: number, byteOffset: number): VantageflowError {
  const where = `line ${line}, byte offset ${byteOffset}`;
  if (b[at] === 0) {
    const why = `${where}: there is a NUL byte. Export it as plain CSV text.`;
    return new VantageflowError("nul_byte", `Cannot read "${key}": ${why}`, { key, line, byteOffset });
  }
  const hex = b[at].toString(16).padStart(2, "0");
  const why = `${where}: byte 0x${hex} is not UTF-8. Save it as UTF-8.`;
  return new VantageflowError("encoding_invalid", `Cannot read "${key}": ${why}`, { key, line, byteOffset });
}
