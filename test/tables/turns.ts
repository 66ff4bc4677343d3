import type fc from "fast-check";
import type { LakeStorage, ObjectInfo } from "../../src/storage/port.ts";

/** A lake whose every operation waits for its turn. */
export function inTurns(storage: LakeStorage, scheduler: fc.Scheduler, who: string): LakeStorage {
  const turn = <T>(what: string, work: () => Promise<T>) =>
    scheduler.schedule(Promise.resolve(), `${who} ${what}`).then(work);
  return {
    ...storage,
    async *list(prefix, options) {
      const found: ObjectInfo[] = [];
      await turn(`list ${prefix}`, async () => {
        for await (const object of storage.list(prefix, options)) found.push(object);
      });
      yield* found;
    },
    head: (key) => turn(`head ${key}`, () => storage.head(key)),
    read: (key, range) => turn(`read ${key}`, () => storage.read(key, range)),
    async create(key, options) {
      const writer = await storage.create(key, options);
      return { ...writer, commit: (given) => turn(`commit ${key}`, () => writer.commit(given)) };
    },
    remove: (key, ifToken) => turn(`remove ${key}`, () => storage.remove(key, ifToken)),
  };
}
