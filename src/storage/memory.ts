import { checkLineage, checkOptions, conflict, notFound } from "./faults.ts";
import { checkKey, compareKeys } from "./keys.ts";
import type { LakeStorage, ObjectHead, ObjectWriter } from "./port.ts";
import { checkRange, rangeWithin } from "./range.ts";

interface Stored {
  readonly head: ObjectHead;
  readonly bytes: Buffer;
}

/**
 * A lake in memory, for tests and small experiments. It answers asynchronously on purpose: whoever works on it also
 * works on a bucket.
 */
export function createMemoryStorage(): LakeStorage {
  const objects = new Map<string, Stored>();
  let writes = 0;

  function createWriter(key: string, derived: boolean): ObjectWriter {
    let chunks: Buffer[] | null = [];
    const current = () => {
      if (chunks === null) throw new Error(`the writer of "${key}" has ended`);
      return chunks;
    };
    return {
      async write(chunk) {
        current().push(Buffer.from(chunk));
      },
      async settle() {
        current();
      },
      async commit({ ifToken, sha256 = "", lineage } = {}) {
        checkLineage(key, derived, lineage);
        const bytes = Buffer.concat(current());
        chunks = null;
        const token = objects.get(key)?.head.token ?? null;
        if (ifToken !== undefined && ifToken !== token) throw conflict(key);
        writes++;
        const info = { key, token: `v${writes}`, size: bytes.length, modified: writes };
        objects.set(key, {
          bytes,
          head: { ...info, metadata: lineage === undefined ? null : { ...lineage, sha256 } },
        });
        return info;
      },
      async abort() {
        chunks = null;
      },
    };
  }

  return {
    url: "memory:",
    async *list(prefix, options = {}) {
      checkOptions(options);
      const { after = "" } = options;
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0);
      for (const key of keys.sort(compareKeys)) {
        const object = objects.get(key);
        if (object === undefined) continue;
        const { metadata: _, ...info } = object.head;
        yield info;
      }
    },
    async head(key) {
      checkKey(key);
      return objects.get(key)?.head ?? null;
    },
    async read(key, range = { start: 0 }) {
      checkKey(key);
      checkRange(range);
      const object = objects.get(key);
      if (object === undefined) throw notFound(key);
      const { start, end } = rangeWithin(range, object.bytes.length);
      let position = start;
      let open = true;
      return {
        head: object.head,
        isPinned: true,
        async pull(into) {
          if (!open) throw new Error(`the reader of "${key}" is closed`);
          const pulled = object.bytes.copy(into, 0, position, Math.min(position + into.length, end));
          position += pulled;
          return pulled;
        },
        async close() {
          open = false;
        },
      };
    },
    keptSha256: async () => null,
    async create(key, options = {}) {
      checkOptions(options);
      const { derived = false } = options;
      checkKey(key);
      return createWriter(key, derived);
    },
    async flush() {},
    async remove(key, ifToken) {
      checkKey(key);
      const token = objects.get(key)?.head.token;
      if (ifToken !== undefined && token !== undefined && token !== ifToken) throw conflict(key);
      objects.delete(key);
    },
    async close() {},
  };
}
