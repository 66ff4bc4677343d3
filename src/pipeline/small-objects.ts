import { VantageflowError } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";

/** Receipts and dead letters are small; anything larger is not one. */
const MAX_BYTES = 1024 * 1024;

/** The text of a small object. Throws `not_found`, and `input_invalid` above 1 MiB. */
export async function readText(storage: LakeStorage, key: string): Promise<string> {
  const reader = await storage.read(key);
  try {
    if (reader.head.size > MAX_BYTES) {
      const why = `it is larger than ${MAX_BYTES} bytes. Remove it if it is not vantageflow's`;
      throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
    }
    const bytes = Buffer.alloc(reader.head.size + 1);
    let length = 0;
    for (;;) {
      const pulled = await reader.pull(bytes.subarray(length));
      if (pulled === 0) return bytes.toString("utf8", 0, length);
      length += pulled;
    }
  } finally {
    await reader.close();
  }
}

/** Writes a value as one line of JSON, atomically, whatever was there before. */
export async function writeJson(storage: LakeStorage, key: string, value: unknown): Promise<void> {
  const writer = await storage.create(key);
  try {
    await writer.write(Buffer.from(`${JSON.stringify(value)}\n`, "utf8"));
    await writer.commit();
  } finally {
    await writer.abort();
  }
}
