import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { ObjectInfo } from "../port.ts";
import { findWriters, type Writers } from "./writers.ts";

/** A file whose last line has no end is given so many times longer. */
const UNFINISHED_LINE_FACTOR = 5;
/** Clocks of machines that share a disk differ by this much at most. */
const MAX_AHEAD_MS = 60_000;

/**
 * Which of these objects are still being uploaded, as far as can be known: somebody has the file open for writing; or,
 * where its writer may not be seen (another user's, one that hides what it has open, another container or system) and for
 * an empty file, it was changed less than `settleMs` ago (five times that when its last line is unfinished). All of them
 * where nothing can be seen just now. What grows later is simply a new version.
 */
export function unfinishedUploads(
  root: string,
  objects: readonly ObjectInfo[],
  settleMs: number,
  now: number,
): ReadonlySet<string> {
  const pathOf = ({ key }: ObjectInfo) => join(root, key);
  const writers = look(objects.map(pathOf));
  const isUnfinished = (object: ObjectInfo): boolean => {
    const path = pathOf(object);
    if (writers === null || writers.open.has(path)) return true;
    if (settleMs === 0 || (object.size > 0 && !writers.mayMiss(path))) return false;
    return hasChanged(path, now, settleMs * (endsItsLine(path, object.size) ? 1 : UNFINISHED_LINE_FACTOR));
  };
  return new Set(objects.filter(isUnfinished).map(({ key }) => key));
}

/**
 * Whether a file was changed less than so many milliseconds ago. The time of its content says nothing: it may lie ahead, as
 * of a logger's clock or what `cp -p` keeps. The time of its last change is the system's; where even that lies far ahead,
 * another machine's clock is wrong, and the file is not left for it.
 */
function hasChanged(path: string, now: number, withinMs: number): boolean {
  try {
    const ago = now - lstatSync(path).ctimeMs;
    return ago < withinMs && ago > -MAX_AHEAD_MS;
  } catch {
    return false;
  }
}

function look(paths: readonly string[]): Writers | null {
  try {
    return findWriters(paths);
  } catch {
    return null;
  }
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
