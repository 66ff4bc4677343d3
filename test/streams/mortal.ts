import type { LakeStorage } from "../../src/storage/port.ts";
import type { SpoolFiles } from "../../src/streams/spool-files.ts";
import { Killed } from "../tables/dying.ts";

export const WHENS = ["before", "half", "after"] as const;

/**
 * Spool and lake as one process sees them that is killed at its n-th change of either: before it, when half of what it writes is there,
 * or behind it. From then on it does nothing.
 */
export function mortal(files: SpoolFiles, storage: LakeStorage, at: number, when: (typeof WHENS)[number]) {
  const state = { changes: 0, isDead: false };
  function live<T>(work: () => Promise<T>): Promise<T> {
    return state.isDead ? Promise.reject(new Killed()) : work();
  }
  async function change<T>(work: () => Promise<T>, half: () => Promise<unknown> = async () => {}): Promise<T> {
    if (state.isDead) throw new Killed();
    const isLast = ++state.changes === at;
    if (isLast && when !== "after") {
      state.isDead = true;
      if (when === "half") await half();
      throw new Killed();
    }
    if (isLast) state.isDead = true;
    const result = await work();
    if (isLast) throw new Killed();
    return result;
  }
  const firstHalf = (bytes: Uint8Array) => bytes.subarray(0, Math.ceil(bytes.length / 2));
  const mortalFiles: SpoolFiles = {
    makeFolder: (path) => change(() => files.makeFolder(path)),
    names: (path) => live(() => files.names(path)),
    async create(path) {
      const file = await change(() => files.create(path));
      return {
        append: (bytes) =>
          change(
            () => file.append(bytes),
            () => file.append(firstHalf(bytes)),
          ),
        sync: () => change(() => file.sync()),
        cut: (bytes) => change(() => file.cut(bytes)),
        isThere: () => live(() => file.isThere()),
        close: () => file.close(),
      };
    },
    append: (path, bytes) =>
      change(
        () => files.append(path, bytes),
        () => files.append(path, firstHalf(bytes)),
      ),
    read: (path) => live(() => files.read(path)),
    settle: (path) => live(() => files.settle(path)),
    move: (from, to) => change(() => files.move(from, to)),
    remove: (path) => change(() => files.remove(path)),
    removeFolder: (path) => change(() => files.removeFolder(path)),
    touch: (path) => live(() => files.touch(path)),
    touched: (path) => live(() => files.touched(path)),
  };
  const lake: LakeStorage = {
    ...storage,
    read: (key, range) => live(() => storage.read(key, range)),
    async create(key, options) {
      const writer = await live(() => storage.create(key, options));
      return { ...writer, commit: (given) => change(() => writer.commit(given)) };
    },
  };
  return { files: mortalFiles, lake, state };
}
