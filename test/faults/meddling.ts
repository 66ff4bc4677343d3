import type { LakeStorage } from "../../src/storage/port.ts";

/** A store in which somebody does something right before the `at`-th operation of its user (from 0), or after all of them. */
export function meddledWith(storage: LakeStorage, at: number, meddle: () => Promise<unknown>) {
  let operations = 0;
  const operation = async <T>(work: () => Promise<T> | T): Promise<T> => {
    if (operations++ === at) await meddle();
    return work();
  };
  const meddled: LakeStorage = {
    ...storage,
    async *list(prefix, options) {
      await operation(() => {});
      yield* storage.list(prefix, options);
    },
    head: (key) => operation(() => storage.head(key)),
    read: (key, range) => operation(() => storage.read(key, range)),
    keptSha256: (key) => operation(() => storage.keptSha256(key)),
    async create(key, options) {
      const writer = await operation(() => storage.create(key, options));
      return { ...writer, commit: (given) => operation(() => writer.commit(given)) };
    },
    remove: (key, ifToken) => operation(() => storage.remove(key, ifToken)),
  };
  return { storage: meddled, hasMeddled: () => operations > at };
}
