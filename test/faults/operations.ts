import type { LakeStorage } from "../../src/storage/port.ts";

/** What stands between a store and its user: gets each operation, a listing as its beginning. */
export type Operation = <T>(work: () => Promise<T> | T) => Promise<T>;

/** A store of which each operation that changes something or reads goes through `operation`; throwing a draft away does not. */
export function throughEach(storage: LakeStorage, operation: Operation): LakeStorage {
  return {
    url: storage.url,
    async *list(prefix, options) {
      await operation(() => {});
      yield* storage.list(prefix, options);
    },
    head: (key) => operation(() => storage.head(key)),
    read: (key, range) => operation(() => storage.read(key, range)),
    keptSha256: (key) => operation(() => storage.keptSha256(key)),
    async create(key, options) {
      const writer = await operation(() => storage.create(key, options));
      return {
        write: (chunk) => operation(() => writer.write(chunk)),
        settle: () => operation(() => writer.settle()),
        commit: (given) => operation(() => writer.commit(given)),
        abort: () => writer.abort(),
      };
    },
    flush: (keys) => operation(() => storage.flush(keys)),
    remove: (key, ifToken) => operation(() => storage.remove(key, ifToken)),
    close: () => storage.close(),
  };
}
