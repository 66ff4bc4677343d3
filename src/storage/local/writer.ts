import { type BigIntStats, closeSync, fdatasync, fstatSync, linkSync, lstatSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { checkLineage, conflict } from "../faults.ts";
import type { CommitOptions, Lineage, ObjectInfo, ObjectWriter } from "../port.ts";
import { isCode, storageError } from "./errors.ts";
import { identityOf, makeDirectory, modifiedOf, syncDirectories, syncFile, tokenOf, writeAll } from "./files.ts";
import type { LocalLake } from "./lake.ts";
import { checkParents, notRegular } from "./paths.ts";
import { isRetained, keepReplaced } from "./retained.ts";

/** What has been written is sent to the disk in the background this often, so that the last fsync finds little to do. */
const WRITE_BEHIND_BYTES = 16 * 1024 * 1024;

/** Writes `key` through a temporary file that `commit` makes durable and then moves to `path`. */
export function createLocalWriter(lake: LocalLake, key: string, path: string, derived: boolean): ObjectWriter {
  const { path: draft, fd } = attempt(() => lake.temporary.create());
  let open = true;
  /** Settles once the descriptor is closed and the draft gone. */
  let ended: Promise<unknown> = Promise.resolve();
  let behind = 0;
  const syncing: Promise<void>[] = [];
  let syncError: Error | null = null;

  function attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, "write", key, lake.url);
    }
  }

  /** Not awaited, and begun again while one is under way: the hot path gives the event loop no turn to hear of its end. */
  function writeBehind(): void {
    behind = 0;
    const synced = new Promise<void>((resolve) => {
      fdatasync(fd, (error) => {
        syncError ??= error;
        resolve();
      });
    });
    syncing.push(synced);
  }

  /** The number of a closed descriptor soon belongs to another file, so nothing may use it after the writer's end. */
  function checkOpen(): void {
    if (!open) throw new Error(`the writer of "${key}" has ended`);
  }

  async function release(): Promise<void> {
    await Promise.all(syncing);
    attempt(() => {
      closeSync(fd);
      rmSync(draft, { force: true });
    });
  }

  async function finish({ ifToken, sha256 = "", lineage }: CommitOptions): Promise<ObjectInfo> {
    try {
      await Promise.all(syncing);
      // After a failed fsync the kernel may have dropped the pages: a second one would lie (fsync(2), "fsyncgate").
      if (syncError !== null) throw syncError;
      await syncFile(fd);
      const changed = [dirname(path)];
      const info = await lake.locks.hold(key, () => {
        changed.push(...makeDirectory(dirname(path)));
        return publish(lake, { key, path, draft, fd, lineage, ifToken, sha256 });
      });
      await syncDirectories(changed);
      return info;
    } catch (error) {
      throw storageError(error, "write", key, lake.url);
    } finally {
      await release();
    }
  }

  return {
    write(chunk) {
      checkOpen();
      attempt(() => writeAll(fd, chunk));
      behind += chunk.length;
      if (behind >= WRITE_BEHIND_BYTES) writeBehind();
    },
    async commit(options = {}) {
      checkOpen();
      checkLineage(key, derived, options.lineage);
      open = false;
      const finished = finish(options);
      ended = finished.catch(() => {});
      return finished;
    },
    async abort() {
      if (open) ended = release();
      open = false;
      await ended;
    },
  };
}

interface Draft {
  readonly key: string;
  readonly path: string;
  readonly draft: string;
  readonly fd: number;
  readonly lineage: Lineage | undefined;
  readonly ifToken: CommitOptions["ifToken"];
  readonly sha256: string;
}

/** Compares and swaps; runs under the key's lock. */
function publish(lake: LocalLake, draft: Draft): ObjectInfo {
  const { key, path } = draft;
  // Once more: a folder may have become a link since the writer was made.
  checkParents(lake, key);
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (before?.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
  if (before !== undefined && !before.isFile()) throw notRegular(key);
  const token = before === undefined ? null : tokenOf(before);
  if (draft.ifToken !== undefined && draft.ifToken !== token) throw conflict(key);
  const identity = identityOf(fstatSync(draft.fd, { bigint: true }));
  if (draft.lineage !== undefined) lake.metadata.write(key, identity, { ...draft.lineage, sha256: draft.sha256 });
  if (draft.ifToken === null) linkNew(draft);
  else if (before === undefined) renameSync(draft.draft, path);
  else replace(lake, draft, before);
  // Through the descriptor: whatever stands at the path by now, this is the file that was written.
  return infoOf(key, fstatSync(draft.fd, { bigint: true }));
}

/** What is replaced stays as a version, with its metadata; a replacement that fails leaves no version. */
function replace(lake: LocalLake, { key, path, draft }: Draft, before: BigIntStats): void {
  if (!isRetained(key)) {
    renameSync(draft, path);
    lake.metadata.remove(key, identityOf(before));
    return;
  }
  const undo = keepReplaced(lake, key, path, before);
  try {
    renameSync(draft, path);
  } catch (error) {
    undo();
    throw error;
  }
}

/** A link does not replace what a foreign program put there meanwhile; a rename would. */
function linkNew({ key, path, draft }: Draft): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    throw isCode(error, "EEXIST") ? conflict(key) : error;
  }
  rmSync(draft);
}

export function infoOf(key: string, stat: BigIntStats): ObjectInfo {
  return { key, token: tokenOf(stat), size: Number(stat.size), modified: modifiedOf(stat) };
}
