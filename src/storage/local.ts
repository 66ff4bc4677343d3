import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { VantageflowError } from "../errors.ts";
import { notFound } from "./faults.ts";
import { checkKey } from "./keys.ts";
import { isCode, storageError } from "./local/errors.ts";
import { identityOf, syncDirectory } from "./local/files.ts";
import { createLocks } from "./local/lock.ts";
import { createMetadataFiles } from "./local/metadata.ts";
import { createTemporary } from "./local/temporary.ts";
import { walk } from "./local/walk.ts";
import { createLocalWriter, infoOf } from "./local/writer.ts";
import type { LakeStorage, ObjectHead } from "./port.ts";

/** The one folder of a lake that is not the user's: temporary files, metadata, locks. */
const PRIVATE = ".vantageflow";
/** Entries listed between two breaths. */
const LISTED_PER_TURN = 4096;

export interface LocalStorageOptions {
  /** The lake's directory; made by the first write. */
  readonly root: string;
  /** How its user wrote it; the root by default. */
  readonly url?: string;
}

/**
 * A lake in a directory. Every write goes through a temporary file, fsync, rename and fsync of the directory, under a
 * per-key lock that makes compare-and-swap hold among vantageflow's own processes. Symbolic links are not followed.
 * Errors: `storage_failed` with the errno as its cause, `key_invalid`, `not_found`, `conflict`.
 */
export function createLocalStorage(options: LocalStorageOptions): LakeStorage {
  const root = resolve(options.root);
  const url = options.url ?? options.root;
  const inside = (name: string) => join(root, PRIVATE, name);
  const temporary = createTemporary(inside("tmp"));
  const locks = createLocks(inside("locks"), temporary);
  const metadata = createMetadataFiles(inside("metadata"), temporary);

  function pathOf(key: string): string {
    checkKey(key);
    const path = join(root, key);
    checkParents(root, path, key);
    return path;
  }

  function headOf(key: string, stat: BigIntStats): ObjectHead {
    return { ...infoOf(key, stat), metadata: metadata.read(key, identityOf(stat)) };
  }

  return {
    url,
    async *list(prefix) {
      let listed = 0;
      try {
        for (const info of walk(root, "", prefix, PRIVATE)) {
          yield info;
          if (++listed % LISTED_PER_TURN === 0) await new Promise((next) => setImmediate(next));
        }
      } catch (error) {
        throw storageError(error, "list", prefix, url);
      }
    },
    async head(key) {
      const path = pathOf(key);
      try {
        const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
        if (stat === undefined || stat.isDirectory()) return null;
        if (!stat.isFile()) throw notRegular(key);
        return headOf(key, stat);
      } catch (error) {
        if (isCode(error, "ENOTDIR")) return null;
        throw storageError(error, "read", key, url);
      }
    },
    async read(key) {
      const path = pathOf(key);
      let fd: number;
      try {
        // O_NONBLOCK: opening a pipe must not wait for its writer.
        fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
      } catch (error) {
        if (isCode(error, "ELOOP")) throw notRegular(key);
        throw isCode(error, "ENOENT", "ENOTDIR") ? notFound(key, error) : storageError(error, "read", key, url);
      }
      let open = true;
      const close = async () => {
        if (open) closeSync(fd);
        open = false;
      };
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile()) {
        await close();
        throw stat.isDirectory() ? notFound(key) : notRegular(key);
      }
      return {
        head: headOf(key, stat),
        pull(into) {
          try {
            return readSync(fd, into);
          } catch (error) {
            throw storageError(error, "read", key, url);
          }
        },
        close,
      };
    },
    async create(key, lineage) {
      const path = pathOf(key);
      checkCaseTwin(root, path, key);
      return createLocalWriter({ url, temporary, locks, metadata }, key, path, lineage);
    },
    async remove(key) {
      const path = pathOf(key);
      try {
        if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
        await locks.hold(key, () => {
          rmSync(path, { force: true });
          syncDirectory(dirname(path));
          metadata.keepOnly(key, null);
        });
      } catch (error) {
        if (!isCode(error, "ENOTDIR")) throw storageError(error, "remove", key, url);
      }
    },
    async close() {},
  };
}

function notRegular(key: string): VantageflowError {
  const why = "it is not a regular file, and links are not followed. Put the file itself there";
  return new VantageflowError("key_invalid", `Cannot use "${key}": ${why}.`, { key });
}

/** Refuses a path whose folders lead out of the lake through a symbolic link. */
function checkParents(root: string, path: string, key: string): void {
  for (let dir = dirname(path); dir.startsWith(root); dir = dirname(dir)) {
    let real: string;
    try {
      real = realpathSync.native(dir);
    } catch (error) {
      if (isCode(error, "ENOENT", "ENOTDIR")) continue;
      throw error;
    }
    if (real === join(realpathSync.native(root), relative(root, dir))) return;
    const why = "one of its folders is a symbolic link, and those are not followed. Put the folder itself there";
    throw new VantageflowError("key_invalid", `Cannot use "${key}": ${why}.`, { key });
  }
}

/** On a file system that ignores case, `A.csv` must not replace `a.csv`. */
function checkCaseTwin(root: string, path: string, key: string): void {
  const ignoresCase = lstatSync(join(root, PRIVATE.toUpperCase()), { throwIfNoEntry: false }) !== undefined;
  if (!ignoresCase || lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  if (readdirSync(dirname(path)).includes(basename(path))) return;
  const why = "the lake has this name in another case, and its file system tells no case. Give it another name";
  throw new VantageflowError("key_invalid", `Cannot use "${key}": ${why}.`, { key });
}
