import { type BigIntStats, lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkOptions, conflict } from "./faults.ts";
import { keyProblem } from "./keys.ts";
import { isCode, storageError } from "./local/errors.ts";
import { identityOf, removeFile, syncDirectory, tokenOf } from "./local/files.ts";
import { type LocalStorageOptions, openLocalLake } from "./local/lake.ts";
import { createLocks } from "./local/lock.ts";
import { isSameOwner, markEnded, type Owner, ownerOf } from "./local/owner.ts";
import { checkLocalKey, createCaseChecks, notRegular, PRIVATE } from "./local/paths.ts";
import { infoOf, untilPublished } from "./local/publish.ts";
import { openReader } from "./local/reader.ts";
import { isRetained, keepRemoved } from "./local/retained.ts";
import { createTemporary } from "./local/temporary.ts";
import { walk } from "./local/walk.ts";
import { createLocalWriter } from "./local/writer.ts";
import type { LakeStorage, ObjectHead } from "./port.ts";
import { checkRange } from "./range.ts";

/** Entries listed between two breaths. */
const LISTED_PER_TURN = 4096;
const PATHS_KNOWN = 1024;

/** What a worker thread of this process leaves that is ended in the middle of its work: temporary files and locks. */
export function clearAfterThread(root: string, thread: number): void {
  markEnded(thread);
  const ended = ownerOf(process.pid, thread);
  const isEnded = (owner: Owner) => isSameOwner(owner, ended);
  const owners = createTemporary(join(root, PRIVATE, "owners"));
  const locks = createLocks(join(root, PRIVATE, "locks"), owners);
  locks.clear(isEnded);
  locks.close();
  owners.clear(isEnded);
  createTemporary(join(root, PRIVATE, "tmp")).clear(isEnded);
}

/**
 * A lake in a directory. Every write goes through a temporary file, fsync, rename and fsync of the directory, compared
 * and swapped by a link where it is new, else under a per-key lock, among vantageflow's own processes; what is neither compared
 * nor kept as a version is renamed into place. Symbolic links are not followed, and a
 * folder that cannot be seen for one is an error, never an empty one. What is replaced or removed stays as a version, see
 * `createLocalVersions`, but of layers that are not `retained`.
 * Errors: `storage_failed` with the errno as its cause, `key_invalid`, `not_found`, `conflict`.
 */
export function createLocalStorage(options: LocalStorageOptions): LakeStorage {
  const lake = openLocalLake(options);
  const { root, url, locks, metadata, checkParents } = lake;
  const checkCaseTwin = createCaseChecks(root);

  /** Paths of keys that are in order: a batch asks for the same few again and again. */
  const paths = new Map<string, string>();

  function checkedPath(key: string): string {
    const known = paths.get(key);
    if (known !== undefined) return known;
    checkLocalKey(key, lake.platform);
    const path = join(root, key);
    if (paths.size >= PATHS_KNOWN) paths.clear();
    paths.set(key, path);
    return path;
  }

  /** Throws `key_invalid` for a key that is refused, `storage_failed` where its folders are none. */
  function pathOf(key: string, verb: "read" | "write" | "remove"): string {
    const path = checkedPath(key);
    try {
      checkParents(key);
      if (verb === "write") checkCaseTwin(key);
    } catch (error) {
      throw storageError(error, verb, key, url);
    }
    return path;
  }

  /** The folder that holds all keys of a prefix: nothing beside it need be read. Null where there is none. */
  function startOf(prefix: string): string | null {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    if (keyProblem(folder.slice(0, -1)) !== null) return "";
    return checkParents(folder) ? folder : null;
  }

  function headOf(key: string, stat: BigIntStats): ObjectHead {
    // Most who ask for a head want its token: what is beside the object is read for those who want more.
    let read: ObjectHead["metadata"] | undefined;
    return {
      ...infoOf(key, stat),
      get metadata() {
        try {
          if (read === undefined) read = metadata.read(key, identityOf(stat));
        } catch (error) {
          throw storageError(error, "read", key, url);
        }
        return read;
      },
    };
  }

  return {
    url,
    async *list(prefix, options = {}) {
      checkOptions(options);
      const { after = "", onSkipped = () => {}, keysOnly = false } = options;
      let listed = 0;
      try {
        const start = startOf(prefix);
        if (start === null) return;
        for (const info of walk({ ...lake, hidden: PRIVATE, after, onSkipped, keysOnly }, start, prefix)) {
          yield info;
          if (++listed % LISTED_PER_TURN === 0) await new Promise((next) => setImmediate(next));
        }
      } catch (error) {
        throw storageError(error, "list", prefix, url);
      }
    },
    async head(key) {
      const path = pathOf(key, "read");
      try {
        const look = () => lstatSync(path, { bigint: true, throwIfNoEntry: false });
        let stat = look();
        if (stat !== undefined && stat.nlink > 1n) {
          await untilPublished(lake, key, stat);
          stat = look();
        }
        if (stat === undefined || stat.isDirectory()) return null;
        if (!stat.isFile()) throw notRegular(key);
        return headOf(key, stat);
      } catch (error) {
        if (isCode(error, "ENOTDIR")) return null;
        throw storageError(error, "read", key, url);
      }
    },
    async read(key, range) {
      if (range !== undefined) checkRange(range);
      return openReader(key, pathOf(key, "read"), url, headOf, range);
    },
    keptSha256: async () => null,
    async create(key, options = {}) {
      checkOptions(options);
      const { derived = false, size = 0 } = options;
      const path = pathOf(key, "write");
      return createLocalWriter(lake, { key, path, derived, size });
    },
    async flush(keys) {
      try {
        await lake.syncs.folders(keys.map((key) => dirname(checkedPath(key))));
      } catch (error) {
        throw storageError(error, "write", keys[0], url);
      }
    },
    async remove(key, ifToken) {
      const path = pathOf(key, "remove");
      try {
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (stat === undefined || stat.isDirectory()) return;
        await locks.hold(key, () => {
          checkParents(key);
          const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
          if (now === undefined) return;
          if (ifToken !== undefined && tokenOf(now) !== ifToken) throw conflict(key);
          if (isRetained(key) && now.isFile()) {
            keepRemoved(lake, key, path, now);
            return;
          }
          removeFile(path);
          syncDirectory(dirname(path));
          metadata.remove(key, identityOf(now));
        });
      } catch (error) {
        if (!isCode(error, "ENOTDIR")) throw storageError(error, "remove", key, url);
      }
    },
    async close() {
      await lake.digests?.close();
      locks.close();
    },
  };
}
