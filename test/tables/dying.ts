import { setImmediate } from "node:timers/promises";
import type { LakeStorage } from "../../src/storage/port.ts";

/** What a process that is gone does: nothing any more. */
export class Killed extends Error {}

/** In the middle: this change never arrives, and what else was on its way does. */
export const MOMENTS = ["before", "middle", "after"] as const;

/** Turns of the event loop in which nothing is on its way, after which nothing comes any more. */
const QUIET_TURNS = 4;

/**
 * A lake as a process sees it that is killed at its n-th change of it (a commit or a removal): before the change, in the middle of it, or
 * right behind it. From then on nothing happens, and nothing that was begun is cleaned up. `changes` counts them.
 */
export function dying(storage: LakeStorage, at: number, when: (typeof MOMENTS)[number]) {
  const counter = { changes: 0 };
  let [isDead, busy] = [false, 0];
  async function live<T>(work: () => Promise<T>): Promise<T> {
    if (isDead) throw new Killed();
    busy++;
    try {
      return await work();
    } finally {
      busy--;
    }
  }
  async function dieWhenQuiet(): Promise<never> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet = busy === 0 ? quiet + 1 : 0) await setImmediate();
    isDead = true;
    throw new Killed();
  }
  async function change<T>(work: () => Promise<T>): Promise<T> {
    const isLast = ++counter.changes === at && !isDead;
    if (isLast && when === "middle") return dieWhenQuiet();
    if (isLast && when === "before") isDead = true;
    const result = await live(work);
    if (isLast) isDead = true;
    if (isDead) throw new Killed();
    return result;
  }
  const lake: LakeStorage = {
    ...storage,
    async *list(prefix, options) {
      const listed = storage.list(prefix, options)[Symbol.asyncIterator]();
      for (;;) {
        const next = await live(() => listed.next());
        if (next.done === true) return;
        yield next.value;
      }
    },
    head: (key) => live(() => storage.head(key)),
    read: (key, range) => live(() => storage.read(key, range)),
    async create(key, options) {
      const writer = await live(() => storage.create(key, options));
      return {
        ...writer,
        write: (chunk) => live(async () => writer.write(chunk)),
        commit: (given) => change(() => writer.commit(given)),
      };
    },
    flush: (keys) => live(() => storage.flush(keys)),
    remove: (key, ifToken) => change(() => storage.remove(key, ifToken)),
  };
  return { lake, counter };
}
