import { quote, VantageflowError } from "../errors.ts";
import type { Pull } from "../pipeline/source.ts";
import { Decoder } from "./charset/decoder.ts";
import { encodingNamed, encodingOf, MARK_BYTES, markOf, UTF_8 } from "./charset/encodings.ts";
import { Utf8 } from "./charset/utf8.ts";

/** Text of an encoding as UTF-8. */
export interface Decoding {
  /** See {@link decode} for what it throws, and throws again when called again. */
  readonly pull: Pull;
  /**
   * Where a character of the text stands in the source, in bytes, byte order mark included: of its first byte, or at the end
   * of the text behind its last. Offsets may not go down, nor beyond what was pulled (RangeError). The source is held from
   * the last offset on that was asked for: ask now and then, for memory to be constant.
   */
  sourceOffset(textOffset: number): number;
}

/**
 * Turns a source of an encoding, by any label that the Encoding Standard gives it, into UTF-8 without byte order mark. The
 * same bytes come out on every version of Node. UTF-8 is checked where it lies.
 *
 * Pulling throws `encoding_invalid` (class data) with the byte offset in the source: where a byte order mark is that of
 * another encoding, a character is none, or the source ends within one; the text before it is handed out first. Throws
 * `usage` for a label that is none, see {@link encodingOf}.
 */
export function decode(key: string, pull: Pull, label: string): Decoding {
  const name = encodingOf(label);
  if (name === null) {
    const why = `${quote(label)} is no encoding. State one of the Encoding Standard, such as "windows-1252".`;
    throw new VantageflowError("usage", `Cannot read "${key}": ${why}`, { key });
  }
  const options = {
    start: (front: Uint8Array) => skippedMark(key, front, name),
    startBytes: MARK_BYTES,
    invalid: (byte: number, byteOffset: number, isCutOff: boolean) => invalid(key, name, byte, byteOffset, isCutOff),
  };
  if (name === UTF_8) {
    const utf8 = new Utf8(pull, options);
    return { pull: (into) => utf8.pull(into), sourceOffset: (textOffset) => utf8.skipped + textOffset };
  }
  const decoder = new Decoder(pull, encodingNamed(name)!, options);
  return {
    pull: (into) => decoder.pull(into),
    sourceOffset: (textOffset) => decoder.sourceOffset(textOffset),
  };
}

function skippedMark(key: string, front: Uint8Array, name: string): number | VantageflowError {
  const mark = markOf(front);
  if (mark === null) return 0;
  if (mark.name === name || (mark.name === "gb18030" && name === "gbk")) return mark.bytes;
  // Four bytes that other encodings may begin a text with.
  if (mark.name === "gb18030") return 0;
  const why = `it begins with the byte order mark of ${mark.name}, and its "encoding" is stated to be ${name}`;
  const message = `Cannot read "${key}": ${why}. State "encoding": "${mark.name}", if it is that.`;
  return new VantageflowError("encoding_invalid", message, { key, line: 1, byteOffset: 0 });
}

function invalid(key: string, name: string, byte: number, byteOffset: number, isCutOff: boolean): VantageflowError {
  const hex = `0x${byte.toString(16).padStart(2, "0")}`;
  const why = isCutOff ? `it ends within a character of ${name}` : `at byte ${hex} no character of ${name} begins`;
  const message = `Cannot read "${key}": byte offset ${byteOffset}: ${why}. State the "encoding" that it has.`;
  return new VantageflowError("encoding_invalid", message, { key, byteOffset });
}
