import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { isCode } from "./errors.ts";

/** fsync on the thread pool, so that several commits wait together. */
export const syncFile: (fd: number) => Promise<void> = promisify(fsync);

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
  return createHash("sha256").update(parts.join(" ")).digest("hex").slice(0, 24);
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

/** The same for several, on the thread pool, so that many commits wait together. */
export async function syncDirectories(dirs: readonly string[]): Promise<void> {
  await Promise.all(
    [...new Set(dirs)].map(async (dir) => {
      try {
        const handle = await open(dir, "r");
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
      } catch (error) {
        if (!cannotSyncDirectory(error)) throw error;
      }
    }),
  );
}

function cannotSyncDirectory(error: unknown): boolean {
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
 * to survive a power loss syncs them. Level by level: Node's recursive mkdir never returns on a file system that answers
 * ENOENT for a folder whose parent exists, as procfs does.
 */
export function makeDirectory(dir: string): string[] {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return [];
  const parent = dirname(dir);
  const changed = parent === dir ? [] : makeDirectory(parent);
  try {
    mkdirSync(dir);
  } catch (error) {
    if (!isCode(error, "EEXIST") || !statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
  return [...changed, parent];
}

/** Writes all bytes: a single write may take fewer. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
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
