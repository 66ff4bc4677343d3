import { type BigIntStats, constants, copyFileSync, linkSync, lstatSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { topology } from "../../topology.ts";
import { isCode } from "./errors.ts";
import { identityOf, makeDirectory, modifiedOf, namesIn, syncDirectory, syncPath, tokenOf } from "./files.ts";
import type { LocalLake } from "./lake.ts";
import { checkParents, PRIVATE } from "./paths.ts";

/** Below this folder of `.vantageflow/`, each key has a folder with its retained versions. */
export const VERSIONS = "versions";

/**
 * The ledger is rebuilt by running again, a run log is only added to, a table keeps its own past, and state is of now only.
 * Keeping what is replaced of them would add a version per batch, run and key that nobody restores.
 */
const NOT_RETAINED = Object.values(topology.layers).flatMap(({ prefix, retained }) => (retained ? [] : [prefix]));

/** How a version stopped being the current one; `copied`: a copy made of the current one, see `copyInput`. */
type Ending = "replaced" | "removed" | "copied";

/** A file among a key's retained versions. All of it but `ino` and `size` is in its name. */
export interface Retained {
  readonly path: string;
  /** When it became current, milliseconds; always after the version before it ended. */
  readonly since: number;
  /** When it was replaced or removed, milliseconds; null for a copy, which a foreign program's write has ended. */
  readonly until: number | null;
  /** The token that it had as the current version. */
  readonly token: string;
  readonly ending: Ending;
  readonly stat: BigIntStats;
}

/** Whether what vantageflow replaces or removes under this key is kept. */
export function isRetained(key: string): boolean {
  return !NOT_RETAINED.some((prefix) => key.startsWith(prefix));
}

/** The folder of a key's versions. Throws `storage_failed` where a symbolic link leads elsewhere. */
export function versionsFolder(lake: LocalLake, key: string): string {
  checkParents(lake, `${PRIVATE}/${VERSIONS}/${key}/`);
  return join(lake.root, PRIVATE, VERSIONS, key);
}

/** A key's files, oldest first, the stale ones included (see {@link isStale}). */
export function readRetained(folder: string): Retained[] {
  const found: Retained[] = [];
  for (const name of namesIn(folder)) {
    const parts = /^(\d{1,16})-(\d{1,16})-([0-9a-f]{24})-(replaced|removed|copied)$/.exec(name);
    if (parts === null) continue;
    const path = join(folder, name);
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    const ending = parts[4] as Ending;
    const until = ending === "copied" ? null : Number(parts[2]);
    found.push({ path, since: Number(parts[1]), until, token: parts[3], ending, stat });
  }
  return found.sort((a, b) => a.since - b.since || (a.until ?? 0) - (b.until ?? 0));
}

/**
 * Whether a file among the versions is the current object itself: a writer was killed between keeping the old version and
 * publishing the new one, or it is a copy made on purpose.
 */
export function isStale(version: Retained, current: BigIntStats | undefined): boolean {
  if (current === undefined) return false;
  return isSameFile(version.stat, current) || version.token === tokenOf(current);
}

/** The earliest time at which the version after this one can have become current. */
export function endOf({ until, since }: Retained): number {
  return until ?? since + 1;
}

function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Undoes what {@link keepReplaced} kept, for a replacement that failed. */
export type Undo = () => void;

/**
 * Keeps the file at `path`, which is about to be replaced; runs under the key's lock. Durable before it returns: the
 * replacement must not reach the disk first. One link, no bytes copied where the file system has links.
 */
export function keepReplaced(lake: LocalLake, key: string, path: string, before: BigIntStats): Undo {
  const { folder, target, stale } = prepare(lake, key, before, "replaced");
  const same = stale.find(({ stat }) => isSameFile(stat, before));
  if (same !== undefined) renameSync(same.path, target);
  else linkOrCopy(lake, key, path, target, before);
  for (const one of stale) if (one !== same) rmSync(one.path, { force: true });
  syncDirectory(folder);
  return () => rmSync(target, { force: true });
}

/** Moves the file at `path`, which is to be removed, among the versions; runs under the key's lock. */
export function keepRemoved(lake: LocalLake, key: string, path: string, before: BigIntStats): void {
  const { folder, target, stale } = prepare(lake, key, before, "removed");
  try {
    renameSync(path, target);
  } catch (error) {
    if (!isCode(error, "EXDEV")) throw error;
    copy(lake, key, path, target, before);
    rmSync(path, { force: true });
  }
  for (const { path: link } of stale) rmSync(link, { force: true });
  syncDirectory(folder);
  syncDirectory(dirname(path));
}

/**
 * Keeps a copy of the current object, so that it can be restored after a foreign program has overwritten it; runs under
 * the key's lock. Nothing happens when the object is no longer of this token: its new version is work of its own.
 */
export function copyCurrent(lake: LocalLake, key: string, path: string, token: string): void {
  const current = () => lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const before = current();
  if (!before?.isFile() || tokenOf(before) !== token) return;
  const { folder, target, stale } = prepare(lake, key, before, "copied");
  if (stale.length > 0) return;
  copy(lake, key, path, target, before, () => {
    const after = current();
    return after !== undefined && tokenOf(after) === token;
  });
  syncDirectory(folder);
}

/**
 * The name that a version gets. Times of a key's versions strictly follow each other, whatever the clock does: the order
 * of versions is the order of their times.
 */
function prepare(lake: LocalLake, key: string, before: BigIntStats, ending: Ending) {
  const folder = versionsFolder(lake, key);
  for (const dir of makeDirectory(folder)) syncDirectory(dir);
  const known = readRetained(folder);
  const stale = known.filter((version) => isStale(version, before));
  const last = known.filter((version) => !stale.includes(version)).at(-1);
  const now = Date.now();
  // A link counts as a change of the file (ctime): a stale one knows better since when the file is there.
  const put = stale.length > 0 ? stale[0].since : Math.min(modifiedOf(before), now);
  const since = last === undefined ? put : Math.max(put, endOf(last));
  const until = ending === "copied" ? 0 : Math.max(now, since + 1);
  return { folder, target: join(folder, `${since}-${until}-${tokenOf(before)}-${ending}`), stale };
}

function linkOrCopy(lake: LocalLake, key: string, path: string, target: string, before: BigIntStats): void {
  try {
    linkSync(path, target);
  } catch (error) {
    // Some file systems have no links, and Linux refuses links to what others own (proc(5), protected_hardlinks).
    if (!isCode(error, "EXDEV", "EPERM", "EMLINK", "ENOTSUP", "ENOSYS")) throw error;
    copy(lake, key, path, target, before);
  }
}

/** Copies by sharing blocks where the file system can. `isGood` is asked before the copy appears. */
function copy(
  lake: LocalLake,
  key: string,
  path: string,
  target: string,
  before: BigIntStats,
  isGood: () => boolean = () => true,
): void {
  const draft = lake.temporary.write(Buffer.alloc(0));
  try {
    copyFileSync(path, draft, constants.COPYFILE_FICLONE);
    syncPath(draft);
    if (!isGood()) return;
    const metadata = lake.metadata.read(key, identityOf(before));
    if (metadata !== null) {
      lake.metadata.write(key, identityOf(lstatSync(draft, { bigint: true })), metadata);
    }
    renameSync(draft, target);
  } finally {
    rmSync(draft, { force: true });
  }
}
