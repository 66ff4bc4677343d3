import { type BigIntStats, fstatSync, linkSync, lstatSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { conflict } from "../faults.ts";
import type { CommitOptions, Lineage, ObjectInfo } from "../port.ts";
import { isCode } from "./errors.ts";
import { identityOf, inFolder, modifiedOf, removeFile, tokenOf } from "./files.ts";
import type { LocalLake } from "./lake.ts";
import { notRegular } from "./paths.ts";
import { isRetained, keepReplaced } from "./retained.ts";

/** How long a reader waits for a writer that takes its draft's name away, and between two looks. Milliseconds. */
const READER_PATIENCE_MS = 1000;
const LOOK_MS = 2;

/** A file that is to become an object. */
export interface DraftFile {
  readonly key: string;
  readonly path: string;
  readonly draft: string;
  readonly fd: number;
  readonly lineage: Lineage | undefined;
  readonly ifToken: CommitOptions["ifToken"];
  readonly sha256: string;
}

/** Makes the object of a draft whose bytes are durable. Throws `conflict`. */
export async function publish(lake: LocalLake, draft: DraftFile): Promise<ObjectInfo> {
  const { key, fd, lineage, sha256 } = draft;
  // Once more: a folder may have become a link since the writer was made.
  if (!lake.checkParents(key)) makeFolder(lake, draft)();
  const identity = identityOf(fstatSync(fd, { bigint: true }));
  try {
    if (lineage !== undefined) lake.metadata.write(key, identity, { ...lineage, sha256 });
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
async function move(lake: LocalLake, draft: DraftFile): Promise<void> {
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
function linkNew(lake: LocalLake, file: DraftFile): boolean {
  const { path, draft } = file;
  try {
    // Somebody may have removed the folder meanwhile.
    inFolder(makeFolder(lake, file), () => linkSync(draft, path));
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
  removeFile(draft);
  return true;
}

function replaceUnkept(lake: LocalLake, file: DraftFile): void {
  const { key, path, draft } = file;
  const before = standing(key, path);
  inFolder(makeFolder(lake, file), () => renameSync(draft, path));
  if (before !== undefined) lake.metadata.remove(key, identityOf(before));
}

/** Runs under the key's lock. */
function swap(lake: LocalLake, draft: DraftFile): void {
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
function replace(lake: LocalLake, draft: DraftFile, before: BigIntStats): void {
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

/** What makes the folder of a file, and looks at it: it may be a link by now. */
function makeFolder(lake: LocalLake, { key, path }: DraftFile): () => void {
  return () => {
    lake.syncs.makeFolder(dirname(path));
    lake.checkParents(key);
  };
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
