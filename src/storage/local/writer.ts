import { type BigIntStats, closeSync, fdatasync, fstatSync, linkSync, lstatSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { conflict } from "../faults.ts";
import type { CommitOptions, Lineage, ObjectInfo, ObjectWriter } from "../port.ts";
import { isCode, storageError } from "./errors.ts";
import { identityOf, makeDirectory, syncDirectory, syncFile, tokenOf, writeAll } from "./files.ts";
import type { Locks } from "./lock.ts";
import type { MetadataFiles } from "./metadata.ts";
import { checkParents, notRegular } from "./paths.ts";
import type { Temporary } from "./temporary.ts";

/** What has been written is sent to the disk in the background this often, so that the last fsync finds little to do. */
const WRITE_BEHIND_BYTES = 16 * 1024 * 1024;

export interface WriterContext {
  readonly root: string;
  readonly url: string;
  readonly temporary: Temporary;
  readonly locks: Locks;
  readonly metadata: MetadataFiles;
}

/** Writes `key` through a temporary file that `commit` makes durable and then moves to `path`. */
export function createLocalWriter(
  context: WriterContext,
  key: string,
  path: string,
  lineage: Lineage | undefined,
): ObjectWriter {
  const { path: draft, fd } = attempt(() => context.temporary.create());
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
      throw storageError(error, "write", key, context.url);
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

  async function finish({ ifToken, sha256 = "" }: CommitOptions): Promise<ObjectInfo> {
    try {
      await Promise.all(syncing);
      // After a failed fsync the kernel may have dropped the pages: a second one would lie (fsync(2), "fsyncgate").
      if (syncError !== null) throw syncError;
      await syncFile(fd);
      return await context.locks.hold(key, () => publish(context, { key, path, draft, fd, lineage, ifToken, sha256 }));
    } catch (error) {
      throw storageError(error, "write", key, context.url);
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
function publish(context: WriterContext, draft: Draft): ObjectInfo {
  const { key, path } = draft;
  // Once more: a folder may have become a link since the writer was made.
  checkParents(context.root, key);
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (before?.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
  if (before !== undefined && !before.isFile()) throw notRegular(key);
  const token = before === undefined ? null : tokenOf(before);
  if (draft.ifToken !== undefined && draft.ifToken !== token) throw conflict(key);
  const identity = identityOf(fstatSync(draft.fd, { bigint: true }));
  if (draft.lineage !== undefined) context.metadata.write(key, identity, { ...draft.lineage, sha256: draft.sha256 });
  const dir = dirname(path);
  makeDirectory(dir);
  if (draft.ifToken === null) linkNew(draft);
  else renameSync(draft.draft, path);
  syncDirectory(dir);
  if (before !== undefined) context.metadata.remove(key, identityOf(before));
  // Through the descriptor: whatever stands at the path by now, this is the file that was written.
  return infoOf(key, fstatSync(draft.fd, { bigint: true }));
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
  return { key, token: tokenOf(stat), size: Number(stat.size), modified: Number(stat.mtimeMs) };
}
