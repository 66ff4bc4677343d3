import { VantageflowError } from "../../errors.ts";

const WHAT_TO_DO = "Compress it again, or fetch it again from where it came from.";

/** `compressed_damaged`, at a byte offset of the object. */
export function damaged(key: string, byteOffset: number, why: string, cause?: unknown): VantageflowError {
  const message = `Cannot read "${key}": byte offset ${byteOffset}: ${why}. ${WHAT_TO_DO}`;
  return new VantageflowError("compressed_damaged", message, { key, byteOffset, cause });
}

/** The same, where the object ends before it should. */
export function truncated(key: string, byteOffset: number, what: string): VantageflowError {
  return damaged(key, byteOffset, `it ends in the middle of ${what}`);
}

/** For what stands where a member (gzip) or frame (zstd) should begin. */
export function noneSuch(key: string, byteOffset: number, what: string, front: Uint8Array): VantageflowError {
  const hex = [...front.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (byteOffset > 0) return damaged(key, byteOffset, `what follows behind the last ${what} is none (${hex})`);
  const message = `Cannot read "${key}": it does not begin with a ${what} (but with ${hex}). State its "compression" as it is.`;
  return new VantageflowError("compressed_damaged", message, { key, byteOffset });
}
