import { checkOptions, conflict } from "./faults.ts";
import { checkKey } from "./keys.ts";
import type { LakeStorage, ObjectWriter } from "./port.ts";

/**
 * A lake to try something on: it is read as it is, takes every write in constant memory and keeps none, and removes
 * nothing. Compare-and-swap is held to what is really there. Closing it leaves the lake below open.
 */
export function createDryStorage(lake: LakeStorage): LakeStorage {
  function createWriter(key: string): ObjectWriter {
    let size = 0;
    return {
      write(chunk) {
        size += chunk.length;
      },
      async settle() {},
      async commit({ ifToken } = {}) {
        const token = (await lake.head(key))?.token ?? null;
        if (ifToken !== undefined && ifToken !== token) throw conflict(key);
        return { key, token: "dry", size, modified: 0 };
      },
      async abort() {},
    };
  }

  return {
    url: lake.url,
    list: (prefix, options) => lake.list(prefix, options),
    head: (key) => lake.head(key),
    read: (key, range) => lake.read(key, range),
    keptSha256: (key) => lake.keptSha256(key),
    async create(key, options = {}) {
      checkOptions(options);
      checkKey(key);
      return createWriter(key);
    },
    async flush() {},
    async remove(key) {
      checkKey(key);
    },
    async close() {},
  };
}
