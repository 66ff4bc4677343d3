import type { LakeStorage } from "../../src/storage/port.ts";

/** What a process that is gone does: nothing any more. */
export class Killed extends Error {}

/**
 * A lake as a process sees it that is killed at its n-th change of it (a commit or a removal), before the change or right behind it:
 * from then on nothing happens, and nothing that was begun is cleaned up. `changes` counts them.
 */
export function dying(storage: LakeStorage, at: number, when: "before" | "after") {
  const counter = { changes: 0 };
  let isDead = false;
  function live(): void {
    if (isDead) throw new Killed();
  }
  async function change<T>(work: () => Promise<T>): Promise<T> {
    live();
    counter.changes++;
    const isLast = counter.changes === at;
    if (isLast && when === "before") isDead = true;
    live();
    const result = await work();
    if (isLast) isDead = true;
    live();
    return result;
  }
  const lake: LakeStorage = {
    ...storage,
    async *list(prefix, options) {
      live();
      yield* storage.list(prefix, options);
    },
    async head(key) {
      live();
      return storage.head(key);
    },
    async read(key, range) {
      live();
      return storage.read(key, range);
    },
    async create(key, options) {
      live();
      const writer = await storage.create(key, options);
      return {
        ...writer,
        write(chunk) {
          live();
          return writer.write(chunk);
        },
        commit: (given) => change(() => writer.commit(given)),
      };
    },
    async flush(keys) {
      live();
      return storage.flush(keys);
    },
    remove: (key, ifToken) => change(() => storage.remove(key, ifToken)),
  };
  return { lake, counter };
}
