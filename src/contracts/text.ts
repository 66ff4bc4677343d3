import { createHash } from "node:crypto";
import { VantageflowError } from "../errors.ts";
import { checkNotCompressed } from "../pipeline/gate.ts";
import type { Pull } from "../pipeline/source.ts";
import { decode } from "./charset.ts";
import { inflate } from "./inflate.ts";
import type { SourceFormat } from "./vocabulary.ts";

/** The text of an object: inflated and decoded, on its way to a frame. */
export interface SourceText {
  /** UTF-8 without byte order mark and without NUL. See `inflate` and `decode` for what it throws; also `nul_byte` and `compressed`. */
  readonly pull: Pull;
  /** Where a character stands in the object, or in what was inflated of it. See `Decoding.sourceOffset`. */
  readonly sourceOffset: (textOffset: number) => number;
  /** Bytes of the object so far, and their SHA-256 at the end. */
  readonly size: () => number;
  readonly digest: () => string;
  readonly close: () => void;
}

/** Opens the text of an object of this format. The digest is that of no bytes where somebody else takes it: `isHashed` is false. */
export function openSourceText(key: string, pull: Pull, format: SourceFormat, isHashed = true): SourceText {
  const hash = createHash("sha256");
  let size = 0;
  const took = (into: Uint8Array, bytes: number) => {
    if (size === 0 && format.compression === "none")
      checkNotCompressed(into.subarray(0, bytes), key, "the text that its contract says");
    if (isHashed) hash.update(into.subarray(0, bytes));
    size += bytes;
    return bytes;
  };
  const counted = behind(pull, took);
  const inflating = format.compression === "none" ? null : inflate(key, counted, format.compression);
  const encoding = "encoding" in format ? format.encoding : "utf-8";
  const { pull: decoded, sourceOffset } = decode(key, inflating?.pull ?? counted, encoding);
  return {
    pull: withoutNul(key, decoded),
    sourceOffset,
    size: () => size,
    digest: () => hash.digest("hex"),
    close: () => inflating?.close(),
  };
}

function behind(pull: Pull, took: (into: Uint8Array, bytes: number) => number): Pull {
  return (into) => {
    const pulled = pull(into);
    return typeof pulled === "number" ? took(into, pulled) : pulled.then((bytes) => took(into, bytes));
  };
}

/** Text has no NUL; what stands before one is handed out first. */
function withoutNul(key: string, pull: Pull): Pull {
  let offset = 0;
  let isBad = false;
  const refused = () => {
    const why = `byte offset ${offset} of its text: there is a NUL byte. Export it as text, or state the encoding that it has`;
    return new VantageflowError("nul_byte", `Cannot read "${key}": ${why}.`, { key, byteOffset: offset });
  };
  const took = (into: Uint8Array, bytes: number) => {
    const nul = into.subarray(0, bytes).indexOf(0);
    isBad = nul >= 0;
    const good = isBad ? nul : bytes;
    offset += good;
    if (nul === 0) throw refused();
    return good;
  };
  const checked = behind(pull, took);
  return (into) => {
    if (isBad) throw refused();
    return checked(into);
  };
}
