import type { LakeStorage, ObjectWriter } from "../../src/storage/port.ts";

/** The process is gone: nothing that it does has an effect any more. Not a fault that anybody handles. */
class Crashed extends Error {}

/**
 * A store whose user dies at the `at`-th operation that changes something or reads (from 0): before it, or with
 * `isDone` when it had its effect and before anybody heard of it.
 */
export function crashing(storage: LakeStorage, at: number, isDone: boolean) {
  let operations = 0;
  let crashed = false;

  async function operation<T>(work: () => Promise<T> | T): Promise<T> {
    if (crashed) throw new Crashed();
    const isLast = operations++ === at;
    if (!isLast) return work();
    crashed = true;
    if (isDone) await work();
    throw new Crashed();
  }

  const dying: LakeStorage = {
    url: storage.url,
    async *list(prefix, options) {
      await operation(() => {});
      yield* storage.list(prefix, options);
    },
    head: (key) => operation(() => storage.head(key)),
    read: (key, range) => operation(() => storage.read(key, range)),
    keptSha256: (key) => operation(() => storage.keptSha256(key)),
    create: async (key, options) => {
      const writer = await operation(() => storage.create(key, options));
      return dyingWriter(writer, operation);
    },
    remove: (key, ifToken) => operation(() => storage.remove(key, ifToken)),
    close: () => storage.close(),
  };
  return { storage: dying, hasCrashed: () => crashed };
}

/** What it drafted is thrown away all the same: a dead process's drafts are cleared by the next one. */
function dyingWriter(writer: ObjectWriter, operation: <T>(work: () => Promise<T> | T) => Promise<T>): ObjectWriter {
  return {
    write: (chunk) => operation(() => writer.write(chunk)),
    commit: (options) => operation(() => writer.commit(options)),
    abort: () => writer.abort(),
  };
}
