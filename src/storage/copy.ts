import { VantageflowError } from "../errors.ts";
import { layerOf } from "../topology.ts";
import { digestOf } from "./objects.ts";
import type { LakeStorage, ObjectInfo, ObjectReader } from "./port.ts";

/** Of what other programs go by the times of: the log of a table, by which they travel in time. */
function datedOf({ dated, head }: ObjectReader): number | undefined {
  return layerOf(head.key)?.expires === "log" ? (dated ?? head.modified) : undefined;
}

/**
 * Writes what `reader` gives as `key`, with its lineage, in constant memory, and reads it back. `ifToken` is that of what
 * is replaced (null: nothing). The reader stays open. `onRead` hears of the bytes read so far.
 *
 * Throws `conflict` when something else is there, and `storage_failed` when the bytes are not those of the metadata, or
 * do not read back as they were written.
 */
export async function copyObject(
  reader: ObjectReader,
  to: LakeStorage,
  key: string,
  ifToken: string | null,
  onRead: (bytes: number) => void = () => {},
): Promise<ObjectInfo> {
  const { metadata } = reader.head;
  const writer = await to.create(key, { derived: metadata !== null });
  try {
    let read = 0;
    const sha256 = await digestOf(reader, (bytes) => {
      read += bytes.length;
      onRead(read);
      return writer.write(bytes);
    });
    if (metadata !== null && metadata.sha256 !== "" && metadata.sha256 !== sha256) {
      throw damaged(key, "its bytes are not those that were written. The disk has damaged it; use another copy");
    }
    const object = await writer.commit({
      ifToken,
      sha256,
      dated: datedOf(reader),
      ...(metadata === null ? {} : { lineage: metadata }),
    });
    const back = await to.read(key);
    try {
      if ((await digestOf(back)) === sha256 || back.head.token !== object.token) return object;
    } finally {
      await back.close();
    }
    throw damaged(key, `it does not read back from ${to.url} as it was written. Check that disk`);
  } finally {
    await writer.abort();
  }
}

function damaged(key: string, why: string): VantageflowError {
  return new VantageflowError("storage_failed", `Cannot copy "${key}": ${why}.`, { key });
}
