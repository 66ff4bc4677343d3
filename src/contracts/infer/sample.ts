import { isDataFault } from "../../errors.ts";
import type { Pull } from "../../pipeline/source.ts";
import { markOf, UTF_8 } from "../charset/encodings.ts";
import { decode } from "../charset.ts";
import { type Compression, inflate } from "../inflate.ts";
import { cannotInfer, refuseKind, refuseMarkup } from "./refusal.ts";

/** Of a sample this much is looked at, before and after it is inflated. */
const MAX_SAMPLE_BYTES = 2 ** 20;

/** What the first bytes of a file say, and how it is packed. */
export interface SampleText {
  readonly text: string;
  /** Nothing of the file is missing behind it. */
  readonly isWhole: boolean;
  readonly compression: "none" | Compression;
  readonly encoding: string;
}

/**
 * Unpacks and decodes a sample. A sample that is cut off ends where it can be read to. Throws `input_invalid` for what is no
 * text, and `usage` for zstd on a Node without it.
 */
export async function readSample(
  fileName: string,
  bytes: Uint8Array,
  isWhole: boolean,
  unsure: string[],
): Promise<SampleText> {
  if (bytes.length === 0) throw cannotInfer(fileName, "it is empty", "Bring a file that has some rows.");
  const compression = compressionOf(bytes);
  const cut = bytes.length > MAX_SAMPLE_BYTES;
  const packed = { bytes: cut ? bytes.subarray(0, MAX_SAMPLE_BYTES) : bytes, isWhole: isWhole && !cut };
  const plain = compression === "none" ? packed : await inflated(fileName, packed, compression);
  if (plain.bytes.length === 0)
    throw cannotInfer(fileName, "nothing can be read of it", "Bring a file that has some rows.");
  refuseKind(fileName, plain.bytes);
  const encoding = encodingIn(plain.bytes, unsure);
  const text = await decoded(fileName, plain.bytes, encoding);
  if (text.includes("\0"))
    throw cannotInfer(fileName, "it is binary: it has bytes of zero", "Export it as CSV or JSON.");
  if (text.trim() === "") throw cannotInfer(fileName, "it has nothing but blanks", "Bring a file that has some rows.");
  if (controlShare(text) > 0.02) throw cannotInfer(fileName, "it is binary", "Export it as CSV or JSON.");
  refuseMarkup(fileName, text);
  return { text, isWhole: plain.isWhole, compression, encoding };
}

function compressionOf([a, b, c, d]: Uint8Array): "none" | Compression {
  if (a === 0x1f && b === 0x8b) return "gzip";
  return a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd ? "zstd" : "none";
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

/** What can be inflated: a sample that ends early is one, a file that does is damaged. */
async function inflated(fileName: string, { bytes, isWhole }: Piece, compression: Compression): Promise<Piece> {
  const inflating = inflate(fileName, pullOf(bytes), compression);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    while (length < MAX_SAMPLE_BYTES) {
      const into = Buffer.alloc(64 * 1024);
      const pulled = await inflating.pull(into);
      if (pulled === 0) return { bytes: Buffer.concat(chunks), isWhole };
      chunks.push(into.subarray(0, pulled));
      length += pulled;
    }
  } catch (error) {
    if (!isDataFault(error)) throw error;
    if (isWhole || length === 0) {
      throw cannotInfer(
        fileName,
        `it is damaged: ${error.message.replace(/^Cannot read "[^"]*": /, "").replace(/\.$/, "")}`,
        "Compress it again, or bring it as it is.",
        error,
      );
    }
  } finally {
    inflating.close();
  }
  return { bytes: Buffer.concat(chunks), isWhole: false };
}

function encodingIn(bytes: Uint8Array, unsure: string[]): string {
  const mark = markOf(bytes);
  if (mark !== null) return mark.name;
  const zeros = zerosIn(bytes);
  if (zeros !== null) return zeros;
  if (isUtf8(bytes)) return UTF_8;
  unsure.push(
    'The file is no UTF-8; "windows-1252" is assumed, which reads any bytes. Look at its letters beyond ASCII, and state format.encoding if they are wrong.',
  );
  return "windows-1252";
}

/** UTF-16 without a mark: of ASCII in it every other byte is zero. */
function zerosIn(bytes: Uint8Array): string | null {
  const front = bytes.subarray(0, 4096 & ~1);
  const pairs = front.length >> 1;
  const zeros = [0, 0];
  for (let i = 0; i < pairs * 2; i++) if (front[i] === 0) zeros[i & 1]++;
  if (pairs === 0) return null;
  if (zeros[1] > pairs * 0.6 && zeros[0] < pairs * 0.1) return "utf-16le";
  return zeros[0] > pairs * 0.6 && zeros[1] < pairs * 0.1 ? "utf-16be" : null;
}

/** Whether it is UTF-8, but for a character that is cut off at its end. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The text before whatever cannot be read. */
async function decoded(fileName: string, bytes: Uint8Array, encoding: string): Promise<string> {
  const { pull } = decode(fileName, pullOf(bytes), encoding);
  const chunks: Buffer[] = [];
  try {
    for (;;) {
      const into = Buffer.alloc(64 * 1024);
      const pulled = await pull(into);
      if (pulled === 0) break;
      chunks.push(into.subarray(0, pulled));
    }
  } catch (error) {
    if (!isDataFault(error)) throw error;
  }
  return Buffer.concat(chunks).toString();
}

/** The share of characters that no text has. */
function controlShare(text: string): number {
  const front = text.slice(0, 65_536);
  return (front.match(/[\x01-\x08\x0e-\x1a\x1c-\x1f\ufffd]/g)?.length ?? 0) / front.length;
}

function pullOf(bytes: Uint8Array): Pull {
  let at = 0;
  return (into) => {
    const piece = bytes.subarray(at, at + into.length);
    into.set(piece);
    at += piece.length;
    return piece.length;
  };
}
