import { type BigIntStats, closeSync, fdatasync, fstatSync, linkSync, lstatSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { conflict } from "../faults.ts";
import type { CommitOptions, Lineage, ObjectInfo, ObjectWriter } from "../port.ts";
import { isCode, storageError } from "./errors.ts";
import { identityOf, makeDirectory, syncDirectory, syncFile, tokenOf, writeAll } from "./files.ts";
import type { Locks } from "./lock.ts";
import type { MetadataFiles } from "./metadata.ts";
import type { Temporary } from "./temporary.ts";

/** What has been written is sent to the disk in the background this often, so that the last fsync finds little to do. */
const WRITE_BEHIND_BYTES = 16 * 1024 * 1024;

export interface WriterContext {
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

  async function end(): Promise<void> {
    open = false;
    await Promise.all(syncing);
    closeSync(fd);
    rmSync(draft, { force: true });
  }

  return {
    write(chunk) {
      attempt(() => writeAll(fd, chunk));
      behind += chunk.length;
      if (behind >= WRITE_BEHIND_BYTES) writeBehind();
    },
    async commit({ ifToken, sha256 = "" } = {}) {
      if (!open) throw new Error(`the writer of "${key}" has ended`);
      try {
        await Promise.all(syncing);
        // After a failed fsync the kernel may have dropped the pages: a second one would lie (fsync(2), "fsyncgate").
        if (syncError !== null) throw syncError;
        await syncFile(fd);
        return await context.locks.hold(key, () =>
          publish(context, { key, path, draft, fd, lineage, ifToken, sha256 }),
        );
      } catch (error) {
        throw storageError(error, "write", key, context.url);
      } finally {
        await end();
      }
    },
    async abort() {
      if (open) await end();
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
  if (draft.ifToken !== undefined && draft.ifToken !== currentToken(path)) throw conflict(key);
  const identity = identityOf(fstatSync(draft.fd, { bigint: true }));
  if (draft.lineage !== undefined) context.metadata.write(key, identity, { ...draft.lineage, sha256: draft.sha256 });
  const dir = dirname(path);
  makeDirectory(dir);
  if (draft.ifToken === null) linkNew(draft);
  else renameSync(draft.draft, path);
  syncDirectory(dir);
  context.metadata.keepOnly(key, identity);
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

function currentToken(path: string): string | null {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : tokenOf(stat);
}

export function infoOf(key: string, stat: BigIntStats): ObjectInfo {
  return { key, token: tokenOf(stat), size: Number(stat.size), modified: Number(stat.mtimeMs) };
}
