import { createHash } from "node:crypto";
import { hasCode, VantageflowError } from "../errors.ts";
import type { CommitOptions, LakeStorage, ObjectInfo } from "./port.ts";

const CHUNK_BYTES = 256 * 1024;
/** Of the chunk that is to find the end, or what came behind it meanwhile. */
const LAST_CHUNK_BYTES = 1024;
/** Bytes between two breaths: a directory answers at once, and signals and timers would wait for the end. */
const BREATH_BYTES = 16 * 1024 * 1024;
/** Receipts and dead letters are small; anything larger is not one. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** An object's bytes in chunks of their own, in constant memory. Throws `not_found`. */
export async function* readChunks(storage: LakeStorage, key: string): AsyncGenerator<Buffer, void, undefined> {
  const reader = await storage.read(key);
  try {
    let left = reader.head.size;
    for (let read = 0; ; ) {
      // Most objects of a lake are small: a whole chunk for each would keep the collector busy.
      const chunk = Buffer.allocUnsafe(Math.min(Math.max(left, LAST_CHUNK_BYTES), CHUNK_BYTES));
      const pulled = await reader.pull(chunk);
      if (pulled === 0) return;
      yield chunk.subarray(0, pulled);
      left -= pulled;
      read += pulled;
      if (read < BREATH_BYTES) continue;
      read = 0;
      await new Promise((next) => setImmediate(next));
    }
  } finally {
    await reader.close();
  }
}

/** SHA-256 of an object's bytes, lower-case hex. Throws `not_found`. */
export async function sha256Of(storage: LakeStorage, key: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of readChunks(storage, key)) hash.update(chunk);
  return hash.digest("hex");
}

/** The text of a small object. Throws `not_found`, and `input_invalid` above 1 MiB. */
export async function readText(storage: LakeStorage, key: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of readChunks(storage, key)) {
    size += chunk.length;
    if (size > MAX_TEXT_BYTES) {
      const why = `it is larger than ${MAX_TEXT_BYTES} bytes. Remove it if it is not vantageflow's`;
      throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Writes a value as one line of JSON, atomically, whatever was there before unless `options` say otherwise. */
export async function writeJson(
  storage: LakeStorage,
  key: string,
  value: unknown,
  options?: CommitOptions,
): Promise<ObjectInfo> {
  const writer = await storage.create(key);
  try {
    await writer.write(Buffer.from(`${JSON.stringify(value)}\n`, "utf8"));
    return await writer.commit(options);
  } finally {
    await writer.abort();
  }
}

/** Removes an object if it is still the one that was seen. */
export async function removeSame(storage: LakeStorage, { key, token }: ObjectInfo): Promise<void> {
  try {
    await storage.remove(key, token);
  } catch (error) {
    if (!hasCode(error, "conflict")) throw error;
  }
}
