import { type Dirent, existsSync, lstatSync, opendirSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { VantageflowError } from "../../errors.ts";
import { checkKey, windowsProblem } from "../keys.ts";
import { isCode, storageError } from "./errors.ts";

/** The one folder of a lake that is not the user's: temporary files, metadata, locks. */
export const PRIVATE = ".vantageflow";

/** What stands at the key's path is a link, a pipe, a device. */
export function notRegular(key: string): VantageflowError {
  const why = "it is not a regular file, and links are not followed. Put the file itself there";
  return new VantageflowError("key_invalid", `Cannot use "${key}": ${why}.`, { key });
}

/** Throws `key_invalid` for a key that no lake may have, and for one that Windows could not hold where that is the system. */
export function checkLocalKey(key: string, platform: NodeJS.Platform): void {
  checkKey(key);
  const problem = platform === "win32" ? windowsProblem(key) : null;
  if (problem === null) return;
  const why = `${problem}. Keep this lake on Linux, macOS or in a bucket, or rename the file`;
  throw new VantageflowError("key_invalid", `Cannot use ${JSON.stringify(key)} here: ${why}.`, { key });
}

/** A directory and how its lake was named. */
export interface Place {
  readonly root: string;
  readonly url: string;
}

/** What is behind it cannot be seen, and must not be taken for nothing. `folder` is its path in the lake, without a slash. */
export function unseen({ url }: Place, folder: string, why: string): VantageflowError {
  return new VantageflowError("storage_failed", `Cannot look into "${folder}" in ${url}: ${why}.`, { key: folder });
}

export const IS_LINK =
  "it is a symbolic link, and none is followed inside a lake. Put the folder itself there (mv, or mount --bind), or let the lake as a whole be the link";
const IS_NO_FOLDER = "it is no folder. Move it away, or put the folder back";

/**
 * Whether all folders in front of the key's last slash are there. Throws `storage_failed` when one of them is a symbolic link,
 * or the first is no folder: deeper, a file is an object of its own, and nothing is behind it. The root itself may be reached
 * through a link.
 */
export function checkParents(place: Place, key: string, known?: Set<string>): boolean {
  for (let slash = key.indexOf("/"); slash > 0; slash = key.indexOf("/", slash + 1)) {
    const folder = key.slice(0, slash);
    if (known?.has(folder)) continue;
    const stat = lstatSync(join(place.root, folder), { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      known?.add(folder);
      continue;
    }
    if (stat?.isSymbolicLink()) throw unseen(place, folder, IS_LINK);
    if (stat !== undefined && !folder.includes("/")) throw unseen(place, folder, IS_NO_FOLDER);
    return false;
  }
  return true;
}

/** The same for many keys of one place: what was a folder a moment ago, in this turn of the event loop, is one now. */
export function createParentChecks(place: Place): (key: string) => boolean {
  const known = new Set<string>();
  return (key) => {
    if (known.size === 0) setImmediate(() => known.clear());
    return checkParents(place, key, known);
  };
}

/** Emacs marks a file that is being edited by a link to nowhere (its manual, "Interlocking"). */
const EDITOR_LOCK = ".#";

/** Whether a folder may be behind this link: there is one, or what is there cannot be seen. */
export function hidesFolder(path: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return false;
  try {
    return statSync(path).isDirectory();
  } catch {
    return !entry.name.startsWith(EDITOR_LOCK);
  }
}

/**
 * Throws `storage_failed` for a lake that is there and cannot be seen: it is no directory, or one of `folders` (with a
 * slash at the end) is there and is no folder, a link, or unreadable.
 */
export function checkLocalFolders(place: Place, folders: readonly string[]): void {
  const { root, url } = place;
  for (const folder of ["", ...folders]) {
    try {
      checkParents(place, folder);
      opendirSync(join(root, folder)).closeSync();
    } catch (error) {
      if (folder === "") checkRoot(place, error);
      else if (!isCode(error, "ENOENT")) throw storageError(error, "list", folder, url);
    }
  }
}

/** What it means that the lake itself could not be opened: nothing when there is none. */
function checkRoot({ root, url }: Place, error: unknown): void {
  const open = (why: string) =>
    new VantageflowError("storage_failed", `Cannot open "${url}": ${why}.`, { cause: error });
  if (isCode(error, "ENOTDIR")) throw open("it is no directory. Name another lake, or move that file away");
  if (!isCode(error, "ENOENT")) throw storageError(error, "list", ".", url);
  // Another process may have made it since.
  if (!lstatSync(root, { throwIfNoEntry: false })?.isSymbolicLink() || existsSync(root)) return;
  throw open("it is a symbolic link to what is not there. Mount that, or mend the link");
}

/**
 * On a file system that ignores case, `A.csv` must not replace `a.csv`, nor `SUB/a.csv` what is `sub/a.csv`. Whether it does, is
 * looked at once there is the private folder to look at.
 */
export function createCaseChecks(root: string): (key: string) => void {
  const isThere = (name: string) => lstatSync(join(root, name), { throwIfNoEntry: false }) !== undefined;
  /** Folders that are called as keys say. */
  const known = new Set<string>();
  let ignoresCase: boolean | undefined;

  /** False where nothing is there. */
  function checkName(name: string, key: string): boolean {
    if (known.has(name)) return true;
    if (!isThere(name)) return false;
    const path = join(root, name);
    if (readdirSync(dirname(path)).includes(basename(path))) return true;
    const why = "the lake has this name in another case, and its file system tells no case. Give it another name";
    throw new VantageflowError("key_invalid", `Cannot use "${key}": ${why}.`, { key });
  }

  return (key) => {
    ignoresCase ??= isThere(PRIVATE) ? isThere(PRIVATE.toUpperCase()) : undefined;
    if (ignoresCase !== true) return;
    if (known.size >= FOLDERS_KNOWN) known.clear();
    for (let slash = key.indexOf("/"); slash > 0; slash = key.indexOf("/", slash + 1)) {
      const folder = key.slice(0, slash);
      if (!checkName(folder, key)) return;
      known.add(folder);
    }
    checkName(key, key);
  };
}

const FOLDERS_KNOWN = 1024;
