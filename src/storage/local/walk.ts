import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compareKeys } from "../keys.ts";
import type { ObjectInfo, OnSkipped } from "../port.ts";
import { isCode } from "./errors.ts";
import { hidesFolder, IS_LINK, type Place, unseen } from "./paths.ts";
import { infoOf } from "./publish.ts";

export interface Walk extends Place {
  /** A folder that is left out. */
  readonly hidden: string;
  /** What does not come after this key is passed over, and no folder looked into that has only such. */
  readonly after: string;
  readonly onSkipped: OnSkipped;
  readonly keysOnly: boolean;
}

/**
 * Regular files below `root/<folder>` whose key starts with `prefix`, in key order. Links are not followed: one to a file
 * is skipped, a folder of such keys that cannot be seen throws `storage_failed`.
 */
export function* walk(context: Walk, folder: string, prefix: string): Generator<ObjectInfo> {
  for (const entry of entriesOf(context, folder)) {
    const key = `${folder}${entry.name}`;
    const below = `${key}/`;
    const mayMatch = below.startsWith(prefix) || prefix.startsWith(below);
    if (mayMatch && entry.isSymbolicLink() && hidesFolder(pathOf(context, key), entry))
      throw unseen(context, key, IS_LINK);
    if (entry.isDirectory()) {
      if (!mayMatch || key === context.hidden) continue;
      if (isLost(context.root, key)) throw unseen(context, key, IS_NO_TEXT);
      yield* walk(context, below, prefix);
    } else if (key.startsWith(prefix) && compareKeys(key, context.after) > 0) {
      if (context.keysOnly && entry.isFile()) {
        yield { key, token: "", size: 0, modified: 0 };
        continue;
      }
      const stat = lstatSync(pathOf(context, key), { bigint: true, throwIfNoEntry: false });
      if (stat?.isFile()) yield infoOf(key, stat);
      else if (stat !== undefined) context.onSkipped(key, "it is not a regular file, and links are not followed");
      else if (isLost(context.root, key)) context.onSkipped(key, "its name is not UTF-8");
    }
  }
}

/** As `join` has it, which takes longer than the look at what is there: both are in order already. */
function pathOf({ root }: Place, key: string): string {
  return `${root}/${key}`;
}

const IS_NO_TEXT = "its name is not UTF-8. Give it another name";

/** A name that was not UTF-8 when it was listed leads nowhere. */
function isLost(root: string, key: string): boolean {
  return key.includes("\ufffd") && lstatSync(join(root, key), { throwIfNoEntry: false }) === undefined;
}

/** A folder sorts as its keys do: with a slash behind its name. */
function entriesOf(context: Walk, folder: string): Dirent[] {
  const { after } = context;
  let entries: Dirent[];
  try {
    entries = readdirSync(pathOf(context, folder), { withFileTypes: true });
  } catch (error) {
    // Removed or replaced meanwhile, or a lake that is not there yet. A lake that is a file is an error.
    if (isCode(error, "ENOENT") || (folder !== "" && isCode(error, "ENOTDIR"))) return [];
    throw error;
  }
  if (after !== "") entries = entries.filter((entry) => reachesBehind(after, `${folder}${entry.name}`, entry));
  const nameOf = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  return entries.sort((a, b) => compareKeys(nameOf(a), nameOf(b)));
}

/** Whether this key, or one of a folder that may be behind it, comes after another. */
function reachesBehind(after: string, key: string, entry: Dirent): boolean {
  if (entry.isFile()) return compareKeys(key, after) > 0;
  const below = `${key}/`;
  return after.startsWith(below) || compareKeys(below, after) > 0;
}
