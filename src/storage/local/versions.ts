import { type BigIntStats, lstatSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { notFound } from "../faults.ts";
import { compareKeys } from "../keys.ts";
import type { LakeVersions, ObjectHead, ObjectReader, ObjectVersion, OnSkipped, RetainedVersion } from "../port.ts";
import { isCode, storageError } from "./errors.ts";
import { identityOf, modifiedOf, syncDirectory, tokenOf } from "./files.ts";
import type { LocalLake } from "./lake.ts";
import { checkLocalKey, checkParents, hidesFolder, IS_LINK, PRIVATE, unseen } from "./paths.ts";
import { openReader } from "./reader.ts";
import {
  copyCurrent,
  endOf,
  isRetained,
  isStale,
  type Retained,
  readRetained,
  VERSIONS,
  versionsFolder,
} from "./retained.ts";

/** Listed between two breaths. */
const LISTED_PER_TURN = 1024;
/** A key that is written all the time is looked at this often for a moment without a write. */
const MAX_LOOKS = 20;

/**
 * What vantageflow itself has overwritten or removed in a local lake. A foreign program's overwrite is beyond it, unless
 * a copy was kept of the object, see {@link copyInput}. Errors: `key_invalid`, `not_found`, `storage_failed`.
 */
export function createLocalVersions(lake: LocalLake): LakeVersions {
  const { url } = lake;
  function attempt<T>(verb: "read" | "list" | "remove", key: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, verb, key, url);
    }
  }
  function retainedUnder(key: string, onFailed?: OnSkipped): RetainedVersion[] {
    try {
      return attempt("list", key, () => [...retainedOf(lake, key)]);
    } catch (error) {
      if (onFailed === undefined) throw error;
      onFailed(key, messageOf(error));
      return [];
    }
  }
  return {
    async versions(key) {
      checkLocalKey(key, lake.platform);
      return attempt("list", key, () => newestFirst(look(lake, key)));
    },
    async readVersion(key, versionId) {
      checkLocalKey(key, lake.platform);
      return attempt("read", key, () => open(lake, key, versionId));
    },
    async *retained(prefix, onFailed) {
      let listed = 0;
      try {
        for (const key of keysBelow(lake, "", prefix, onFailed)) {
          yield* retainedUnder(key, onFailed);
          if (++listed % LISTED_PER_TURN === 0) await new Promise((next) => setImmediate(next));
        }
      } catch (error) {
        throw storageError(error, "list", prefix, url);
      }
    },
    keeps: async (key) => isRetained(key),
    async purge(key, versionId) {
      checkLocalKey(key, lake.platform);
      try {
        if (!look(lake, key).retained.some(({ token }) => token === versionId)) return;
        await lake.locks.hold(key, () => purge(lake, key, versionId));
      } catch (error) {
        throw storageError(error, "remove", key, url);
      } finally {
        lake.locks.close();
      }
    },
  };
}

/**
 * Keeps a copy of the object of this token among the versions, so that it can be restored after a foreign program has
 * overwritten or removed it. Nothing happens when it is no longer current, or when there is a copy. Shares the blocks
 * where the file system can.
 */
export async function copyInput(lake: LocalLake, key: string, token: string): Promise<void> {
  checkLocalKey(key, lake.platform);
  try {
    checkParents(lake, key);
    await lake.locks.hold(key, () => copyCurrent(lake, key, join(lake.root, key), token));
  } catch (error) {
    throw storageError(error, "write", key, lake.url);
  } finally {
    lake.locks.close();
  }
}

interface Look {
  readonly current: BigIntStats | undefined;
  /** When the current one became that. */
  readonly time: number;
  /** Oldest first. */
  readonly retained: readonly Retained[];
}

/** The current object and the retained ones, as they were at one moment. */
function look(lake: LocalLake, key: string): Look {
  const path = join(lake.root, key);
  const folder = versionsFolder(lake, key);
  for (let looks = 1; ; looks++) {
    const current = currentOf(lake, key, path);
    const all = readRetained(folder);
    const again = currentOf(lake, key, path);
    const still = (current && tokenOf(current)) === (again && tokenOf(again));
    if (!still && looks < MAX_LOOKS) continue;
    const retained = all.filter((version) => !isStale(version, current));
    const tokens = new Set<string>();
    return {
      current,
      time: all.find((version) => isStale(version, current))?.since ?? (current ? modifiedOf(current) : 0),
      retained: retained.filter(({ token }) => !tokens.has(token) && tokens.add(token)),
    };
  }
}

function currentOf(lake: LocalLake, key: string, path: string): BigIntStats | undefined {
  checkParents(lake, key);
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stat?.isFile() ? stat : undefined;
  } catch (error) {
    if (isCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

function newestFirst({ current, time, retained }: Look): ObjectVersion[] {
  const found: ObjectVersion[] = [];
  for (const { since, until, token, ending, stat } of retained) {
    const shared = { current: false, deleted: false };
    found.push({ versionId: token, size: Number(stat.size), time: since, ...shared });
    if (ending !== "removed" || until === null) continue;
    found.push({ versionId: `deleted-${until}`, size: 0, time: until, ...shared, deleted: true });
  }
  if (current !== undefined) {
    // The file system's clock is some milliseconds coarser than the one that ended the version before.
    const last = retained.at(-1);
    const since = last === undefined ? time : Math.max(time, endOf(last));
    const shared = { current: true, deleted: false };
    found.push({ versionId: tokenOf(current), size: Number(current.size), time: since, ...shared });
  }
  return found.reverse();
}

function* retainedOf(lake: LocalLake, key: string): Generator<RetainedVersion> {
  const { retained, current, time } = look(lake, key);
  for (const [i, { token, stat, until }] of retained.entries()) {
    const next = retained[i + 1]?.since ?? (current === undefined ? folderTime(join(lake.root, key)) : time);
    yield { key, versionId: token, size: Number(stat.size), replaced: until ?? next };
  }
}

/** When something was last put into or taken out of the folder of a path: a foreign removal was not later. */
function folderTime(path: string): number {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const stat = statSync(dir, { throwIfNoEntry: false });
    if (stat !== undefined || dir === dirname(dir)) return Math.trunc(stat?.mtimeMs ?? 0);
  }
}

function open(lake: LocalLake, key: string, versionId: string): ObjectReader {
  const { current, retained } = look(lake, key);
  const version = retained.find(({ token }) => token === versionId);
  const isCurrent = current !== undefined && tokenOf(current) === versionId;
  if (version === undefined && !isCurrent) throw notFound(key);
  const headOf = (_: string, stat: BigIntStats): ObjectHead => ({
    key,
    token: version === undefined ? tokenOf(stat) : versionId,
    size: Number(stat.size),
    modified: version?.since ?? modifiedOf(stat),
    metadata: lake.metadata.read(key, identityOf(stat)),
  });
  return openReader(key, version?.path ?? join(lake.root, key), lake.url, headOf);
}

function purge(lake: LocalLake, key: string, versionId: string): void {
  const folder = versionsFolder(lake, key);
  for (const { path, stat } of look(lake, key).retained.filter(({ token }) => token === versionId)) {
    rmSync(path, { force: true });
    lake.metadata.remove(key, identityOf(stat));
  }
  try {
    rmdirSync(folder);
    syncDirectory(dirname(folder));
  } catch (error) {
    if (!isCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")) throw error;
    if (!isCode(error, "ENOENT")) syncDirectory(folder);
  }
}

/**
 * Keys that have a folder among the versions, in key order: `a` before `a-b` before `a/b`. A link to a folder is told to
 * `onFailed`, or is an error.
 */
function* keysBelow(lake: LocalLake, folder: string, prefix: string, onFailed?: OnSkipped): Generator<string> {
  const entries = foldersIn(lake, folder, onFailed).flatMap((name) => [name, `${name}/`]);
  for (const entry of entries.sort(compareKeys)) {
    const path = `${folder}${entry}`;
    if (!entry.endsWith("/")) {
      if (path.startsWith(prefix)) yield path;
    } else if (path.startsWith(prefix) || prefix.startsWith(path)) {
      yield* keysBelow(lake, path, prefix, onFailed);
    }
  }
}

function foldersIn(lake: LocalLake, below: string, onFailed?: OnSkipped): string[] {
  const folder = `${PRIVATE}/${VERSIONS}/${below}`;
  checkParents(lake, folder);
  try {
    const entries = readdirSync(join(lake.root, folder), { withFileTypes: true });
    for (const link of entries.filter((entry) => hidesFolder(join(lake.root, folder, entry.name), entry))) {
      const error = unseen(lake, `${folder}${link.name}`, IS_LINK);
      if (onFailed === undefined) throw error;
      onFailed(`${below}${link.name}`, error.message);
    }
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
