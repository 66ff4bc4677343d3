import { type BigIntStats, closeSync, fdatasync, fstatSync, linkSync, lstatSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkLineage, conflict } from "../faults.ts";
import type { CommitOptions, Lineage, ObjectInfo, ObjectWriter } from "../port.ts";
import { isCode, storageError } from "./errors.ts";
import { identityOf, modifiedOf, removeFile, tokenOf, writeAll } from "./files.ts";
import type { LocalLake } from "./lake.ts";
import { notRegular } from "./paths.ts";
import { isRetained, keepReplaced } from "./retained.ts";

/** What has been written is sent to the disk in the background this often, so that the last fsync finds little to do. */
const WRITE_BEHIND_BYTES = 16 * 1024 * 1024;
/** How long a reader waits for a writer that takes its draft's name away, and between two looks. Milliseconds. */
const READER_PATIENCE_MS = 1000;
const LOOK_MS = 2;

/** Writes `key` through a temporary file that `commit` makes durable and then moves to `path`. */
export function createLocalWriter(lake: LocalLake, key: string, path: string, derived: boolean): ObjectWriter {
  const { path: draft, fd } = attempt(() => lake.temporary.create());
  let open = true;
  let isMoved = false;
  /** Settles once the descriptor is closed and the draft gone. */
  let ended: Promise<unknown> = Promise.resolve();
  let behind = 0;
  const syncing: Promise<void>[] = [];
  let syncError: Error | null = null;
  let settled: Promise<void> | undefined;

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
    await Promise.all([...syncing, settled?.catch(() => {})]);
    attempt(() => {
      closeSync(fd);
      if (!isMoved) removeFile(draft);
    });
  }

  async function sync(): Promise<void> {
    await Promise.all(syncing);
    // After a failed fsync the kernel may have dropped the pages: a second one would lie (fsync(2), "fsyncgate").
    if (syncError !== null) throw syncError;
    await lake.syncs.file(fd);
  }

  async function finish({ ifToken, deferred = false, sha256 = "", lineage }: CommitOptions): Promise<ObjectInfo> {
    try {
      await (settled ?? sync());
      const info = await publish(lake, { key, path, draft, fd, lineage, ifToken, sha256 });
      isMoved = true;
      if (!deferred) await lake.syncs.folders([dirname(path)]);
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
    async settle() {
      checkOpen();
      settled ??= sync();
      try {
        await settled;
      } catch (error) {
        throw storageError(error, "write", key, lake.url);
      }
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

async function publish(lake: LocalLake, draft: Draft): Promise<ObjectInfo> {
  const { key, fd, lineage, sha256 } = draft;
  // Once more: a folder may have become a link since the writer was made.
  if (!lake.checkParents(key)) makeFolder(lake, draft);
  const identity = identityOf(fstatSync(fd, { bigint: true }));
  if (lineage !== undefined) lake.metadata.write(key, identity, { ...lineage, sha256 });
  try {
    await move(lake, draft);
  } catch (error) {
    if (lineage !== undefined) lake.metadata.remove(key, identity);
    throw error;
  }
  // Through the descriptor: whatever stands at the path by now, this is the file that was written.
  return infoOf(key, fstatSync(fd, { bigint: true }));
}

/**
 * Compares and swaps. A link that finds nothing in its place does both at once, and what is neither compared nor kept is
 * renamed; all else happens under the key's lock.
 */
async function move(lake: LocalLake, draft: Draft): Promise<void> {
  const { key, path, ifToken } = draft;
  if (ifToken === null) {
    if (linkNew(lake, draft)) return;
    standing(key, path);
    throw conflict(key);
  }
  if (ifToken === undefined && !isRetained(key)) replaceUnkept(lake, draft);
  else if (ifToken !== undefined || standing(key, path) !== undefined || !linkNew(lake, draft))
    await lake.locks.hold(key, () => swap(lake, draft));
}

/** A link does not replace what a foreign program put there meanwhile; a rename would. False where something is. */
function linkNew(lake: LocalLake, { key, path, draft }: Draft): boolean {
  try {
    inFolder(lake, { key, path }, () => linkSync(draft, path));
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
  removeFile(draft);
  return true;
}

function replaceUnkept(lake: LocalLake, { key, path, draft }: Draft): void {
  const before = standing(key, path);
  inFolder(lake, { key, path }, () => renameSync(draft, path));
  if (before !== undefined) lake.metadata.remove(key, identityOf(before));
}

/** Runs under the key's lock. */
function swap(lake: LocalLake, draft: Draft): void {
  const { key, path, ifToken } = draft;
  lake.checkParents(key);
  // What a foreign program puts there meanwhile is kept, too.
  for (let moved = false; !moved; ) {
    const before = standing(key, path);
    if (ifToken !== undefined && (before === undefined || tokenOf(before) !== ifToken)) throw conflict(key);
    if (before === undefined) moved = linkNew(lake, draft);
    else {
      replace(lake, draft, before);
      moved = true;
    }
  }
}

/** What is replaced stays as a version, with its metadata; a replacement that fails leaves no version. */
function replace(lake: LocalLake, draft: Draft, before: BigIntStats): void {
  const { key, path } = draft;
  if (!isRetained(key)) {
    replaceUnkept(lake, draft);
    return;
  }
  const undo = keepReplaced(lake, key, path, before);
  try {
    renameSync(draft.draft, path);
  } catch (error) {
    undo();
    throw error;
  }
}

/** The file that is there. Throws for what is none. */
function standing(key: string, path: string): BigIntStats | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat?.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
  if (stat !== undefined && !stat.isFile()) throw notRegular(key);
  return stat;
}

/** Does something in the folder of a path, which is made where somebody has removed it meanwhile. */
function inFolder(lake: LocalLake, place: Pick<Draft, "key" | "path">, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    makeFolder(lake, place);
    work();
  }
}

function makeFolder(lake: LocalLake, { key, path }: Pick<Draft, "key" | "path">): void {
  lake.syncs.makeFolder(dirname(path));
  lake.checkParents(key);
}

/**
 * A new object has two names while its writer takes the draft's away, and so has a kept one while it is replaced, under the
 * lock; that changes the file's ctime, and so its token. Waits for it; other links stay.
 */
export async function untilPublished(lake: LocalLake, key: string, { ino }: BigIntStats): Promise<void> {
  await lake.locks.quiet(key);
  for (let waited = 0; waited < READER_PATIENCE_MS && lake.temporary.holds(ino); waited += LOOK_MS) {
    await sleep(LOOK_MS);
  }
}

export function infoOf(key: string, stat: BigIntStats): ObjectInfo {
  return { key, token: tokenOf(stat), size: Number(stat.size), modified: modifiedOf(stat) };
}
