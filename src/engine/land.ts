import { createHash } from "node:crypto";
import { VantageflowError } from "../errors.ts";
import { BRONZE } from "../ledger/layers.ts";
import type { Pull } from "../pipeline/source.ts";
import { pullChunks, sha256Of } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

/**
 * Lands a batch as `bronze/<name>`, atomically, and returns the object. The same content again leaves the object as it
 * is. `seen` is what stands there, where somebody has just looked. Throws `exists` for other content under the same name unless `overwrite` is given, and `key_invalid`.
 */
export async function land(
  storage: LakeStorage,
  name: string,
  pull: Pull,
  overwrite: boolean,
  seen?: ObjectInfo | null,
): Promise<ObjectInfo> {
  const key = `${BRONZE}${name}`;
  const before = seen === undefined ? await storage.head(key) : seen;
  const writer = await storage.create(key);
  try {
    // Only a name that is taken needs the digest: the pass over bronze computes it anyway.
    const hash = before === null ? null : createHash("sha256");
    let size = 0;
    for await (const bytes of pullChunks({ pull })) {
      hash?.update(bytes);
      size += bytes.length;
      await writer.write(bytes);
    }
    if (before !== null && hash !== null) {
      if (before.size === size && hash.digest("hex") === (await sha256Of(storage, key))) return before;
      if (!overwrite) throw taken(key);
    }
    return await writer.commit({ ifToken: before?.token ?? null });
  } finally {
    await writer.abort();
  }
}

function taken(key: string): VantageflowError {
  const why = "the lake has other content under this name. Use another name, or replace it with --overwrite";
  return new VantageflowError("exists", `Cannot ingest "${key}": ${why}.`, { key });
}
