import type { Pull } from "../../src/pipeline/source.ts";

/** Hands out bytes in pieces of these lengths, over and over; each second one as a promise. */
export function pullOf(bytes: Uint8Array, pieces: readonly number[] = [bytes.length || 1]): Pull & { pulled: number } {
  let calls = 0;
  const pull = (into: Uint8Array) => {
    const length = Math.min(pieces[calls % pieces.length], into.length, bytes.length - pull.pulled);
    into.set(bytes.subarray(pull.pulled, pull.pulled + length));
    pull.pulled += length;
    return calls++ % 2 === 0 ? length : Promise.resolve(length);
  };
  pull.pulled = 0;
  return pull;
}

/** Pulls to the end, so many bytes at once. */
export async function drained(pull: Pull, at = 64 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    const into = Buffer.alloc(at);
    const length = await pull(into);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(into.subarray(0, length));
  }
}
