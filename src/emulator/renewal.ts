import { createHash } from "node:crypto";
import type { Receipt } from "../pipeline/receipts.ts";
import { readChunks } from "../storage/chunks.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

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
  const hash = createHash("sha256");
  for await (const chunk of readChunks(storage, key)) hash.update(chunk);
  return hash.digest("hex");
}
