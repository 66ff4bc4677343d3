import { createHash } from "node:crypto";
import type { Receipt } from "../pipeline/receipts.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

const CHUNK_BYTES = 256 * 1024;

/** Whether a receipt's work still holds for this object: the same bytes, and the outputs are there. */
export async function isUnchanged(storage: LakeStorage, receipt: Receipt, object: ObjectInfo): Promise<boolean> {
  if (receipt.outcome !== "done" || receipt.source.size !== object.size) return false;
  for (const output of receipt.outputs) {
    if ((await storage.head(output.key))?.size !== output.size) return false;
  }
  return receipt.source.token === object.token || (await sha256Of(storage, object.key)) === receipt.source.sha256;
}

/** SHA-256 of an object's bytes, lower-case hex, read in constant memory. Throws `not_found`. */
export async function sha256Of(storage: LakeStorage, key: string): Promise<string> {
  const reader = await storage.read(key);
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (;;) {
      const pulled = await reader.pull(chunk);
      if (pulled === 0) return hash.digest("hex");
      hash.update(chunk.subarray(0, pulled));
    }
  } finally {
    await reader.close();
  }
}
