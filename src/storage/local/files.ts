import { hash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { isCode } from "./errors.ts";

/** The version token: ctime tells an overwrite that kept size and mtime. */
export function tokenOf(stat: BigIntStats): string {
  return digest(stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs);
}

/** When a file was put where it is, milliseconds: moving it, or setting an old mtime, changes its ctime. */
export function modifiedOf(stat: BigIntStats): number {
  return Math.max(Number(stat.mtimeMs), Number(stat.ctimeMs));
}

/** What of a file a rename keeps: its identity before and after. */
export function identityOf(stat: BigIntStats): string {
  return digest(stat.ino, stat.size, stat.mtimeNs);
}

function digest(...parts: bigint[]): string {
  return hash("sha256", parts.join(" ")).slice(0, 24);
}

/** Makes the entries of a directory durable. Windows has no such thing (EPERM), nor have some file systems (EINVAL). */
export function syncDirectory(dir: string): void {
  try {
    const fd = openSync(dir, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!cannotSyncDirectory(error)) throw error;
  }
}

/** Whether this system has no such thing as a folder that is made durable. */
export function cannotSyncDirectory(error: unknown): boolean {
  if (process.platform === "win32") return isCode(error, "EPERM", "EISDIR", "EACCES", "EINVAL");
  return isCode(error, "EPERM", "EINVAL", "ENOTSUP");
}

/** Makes the bytes of a file durable. */
export function syncPath(path: string): void {
  const fd = openSync(path, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a directory and those above it, and returns the folders in which that made an entry: whoever needs the directory
 * to survive a power loss syncs them; they are added to `changed` as they are made, so that a failure half way hides none. Level by level: Node's recursive mkdir never returns on a file system that answers
 * ENOENT for a folder whose parent exists, as procfs does.
 */
export function makeDirectory(dir: string, changed: string[] = []): string[] {
  const parent = dirname(dir);
  for (let tries = 1; ; tries++) {
    try {
      mkdirSync(dir);
      changed.push(parent);
      return changed;
    } catch (error) {
      if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return changed;
      if (!isCode(error, "ENOENT") || parent === dir || tries > 1) throw error;
      makeDirectory(parent, changed);
    }
  }
}

/** Does something in a folder, which is made where it turns out to be missing: that is asked of the work itself, not beforehand. */
export function inFolder<T>(make: () => void, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    make();
    return work();
  }
}

/** Removes a file, if it is there. Node's `rm` would look at it twice first. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isCode(error, "ENOENT", "ENOTDIR")) throw error;
  }
}

/** Writes all bytes from a position on, the beginning unless told: a single write may take fewer. */
export function writeAll(fd: number, bytes: Uint8Array, position = 0): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** The names in a directory; none where there is no directory. */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
