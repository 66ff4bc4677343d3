import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { ObjectInfo } from "../port.ts";
import { openForWriting } from "./writers.ts";

/** A file whose last line has no end is given so many times longer. */
const UNFINISHED_LINE_FACTOR = 5;

/**
 * Which of these objects are still being uploaded, as far as can be known: somebody has the file open for writing; or,
 * where its writer could not be seen (another user's, another system) and for an empty file, it was changed less than
 * `settleMs` ago (five times that when its last line is unfinished). What grows later is simply a new version.
 */
export function unfinishedUploads(
  root: string,
  objects: readonly ObjectInfo[],
  settleMs: number,
  now: number,
): ReadonlySet<string> {
  const pathOf = ({ key }: ObjectInfo) => join(root, key);
  const open = openForWriting(objects.map(pathOf));
  const unfinished = new Set<string>();
  for (const object of objects) {
    const path = pathOf(object);
    const isFresh = now - object.modified < settleMs * (endsItsLine(path, object.size) ? 1 : UNFINISHED_LINE_FACTOR);
    const couldSeeWriter = open !== null && isOurs(path) && object.size > 0;
    if (open?.has(path) || (isFresh && !couldSeeWriter)) unfinished.add(object.key);
  }
  return unfinished;
}

/** Whether a writer of this file would be a process of our own user, or we are root and see all. */
function isOurs(path: string): boolean {
  const uid = process.geteuid?.();
  return uid === 0 || lstatSync(path, { throwIfNoEntry: false })?.uid === uid;
}

function endsItsLine(path: string, size: number): boolean {
  if (size === 0) return true;
  try {
    const fd = openSync(path, "r");
    try {
      const last = Buffer.alloc(1);
      readSync(fd, last, 0, 1, size - 1);
      return last[0] === 10 || last[0] === 13;
    } finally {
      closeSync(fd);
    }
  } catch {
    // Gone, or not ours to read: the stage will say so.
    return true;
  }
}
