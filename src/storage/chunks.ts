import type { LakeStorage } from "./port.ts";

const CHUNK_BYTES = 256 * 1024;

/** An object's bytes in chunks of their own, in constant memory. Throws `not_found`. */
export async function* readChunks(storage: LakeStorage, key: string): AsyncGenerator<Buffer, void, undefined> {
  const reader = await storage.read(key);
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const pulled = await reader.pull(chunk);
      if (pulled === 0) return;
      yield chunk.subarray(0, pulled);
    }
  } finally {
    await reader.close();
  }
}
