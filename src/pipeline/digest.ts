import { createHash } from "node:crypto";
import type { LakeStorage } from "../storage/port.ts";

const CHUNK_BYTES = 256 * 1024;

/** SHA-256 of an object's bytes, lower-case hex, read in constant memory. Throws `not_found`. */
export async function sha256Of(storage: LakeStorage, key: string): Promise<string> {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const reader = await storage.read(key);
  try {
    for (;;) {
      const pulled = reader.pull(chunk);
      const length = typeof pulled === "number" ? pulled : await pulled;
      if (length === 0) return hash.digest("hex");
      hash.update(chunk.subarray(0, length));
    }
  } finally {
    await reader.close();
  }
}
