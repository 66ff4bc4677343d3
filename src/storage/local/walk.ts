import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compareKeys } from "../keys.ts";
import type { ObjectInfo } from "../port.ts";
import { isCode } from "./errors.ts";
import { infoOf } from "./writer.ts";

/** Regular files below `root/<folder>` whose key starts with `prefix`, in key order. Links and `private` are left out. */
export function* walk(root: string, folder: string, prefix: string, hidden: string): Generator<ObjectInfo> {
  for (const entry of entriesOf(root, folder)) {
    const key = `${folder}${entry.name}`;
    if (entry.isDirectory()) {
      const below = `${key}/`;
      const mayMatch = below.startsWith(prefix) || prefix.startsWith(below);
      if (mayMatch && key !== hidden) yield* walk(root, below, prefix, hidden);
    } else if (entry.isFile() && key.startsWith(prefix)) {
      const stat = lstatSync(join(root, key), { bigint: true, throwIfNoEntry: false });
      if (stat?.isFile()) yield infoOf(key, stat);
    }
  }
}

/** A folder sorts as its keys do: with a slash behind its name. */
function entriesOf(root: string, folder: string): Dirent[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    // Removed or replaced meanwhile, or a lake that is not there yet. A lake that is a file is an error.
    if (isCode(error, "ENOENT") || (folder !== "" && isCode(error, "ENOTDIR"))) return [];
    throw error;
  }
  const nameOf = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  return entries.sort((a, b) => compareKeys(nameOf(a), nameOf(b)));
}
