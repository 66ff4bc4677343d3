import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { VantageflowError } from "../../errors.ts";
import { checkKey, windowsProblem } from "../keys.ts";
import { isCode } from "./errors.ts";

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

/** Refuses a key that a symbolic link among its folders would lead elsewhere. The root itself may be reached through one. */
export function checkParents(root: string, key: string): void {
  if (!isThroughLink(root, key)) return;
  const why = "one of its folders is a symbolic link, and those are not followed. Put the folder itself there";
  throw new VantageflowError("key_invalid", `Cannot use "${key}": ${why}.`, { key });
}

/** Whether one of the folders in front of the key's last slash is a symbolic link. */
export function isThroughLink(root: string, key: string): boolean {
  for (let slash = key.indexOf("/"); slash > 0; slash = key.indexOf("/", slash + 1)) {
    try {
      const stat = lstatSync(join(root, key.slice(0, slash)), { throwIfNoEntry: false });
      if (stat?.isSymbolicLink()) return true;
    } catch (error) {
      // A file stands where a folder is needed: the operation itself says so.
      if (isCode(error, "ENOTDIR")) return false;
      throw error;
    }
  }
  return false;
}

/** On a file system that ignores case, `A.csv` must not replace `a.csv`. */
export function checkCaseTwin(root: string, path: string, key: string): void {
  const ignoresCase = lstatSync(join(root, PRIVATE.toUpperCase()), { throwIfNoEntry: false }) !== undefined;
  if (!ignoresCase || lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  if (readdirSync(dirname(path)).includes(basename(path))) return;
  const why = "the lake has this name in another case, and its file system tells no case. Give it another name";
  throw new VantageflowError("key_invalid", `Cannot use "${key}": ${why}.`, { key });
}
