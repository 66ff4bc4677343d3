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
import { dirname } from "node:path";
import { promisify } from "node:util";
import { isCode } from "./errors.ts";

/** fsync on the thread pool, so that several commits wait together. */
export const syncFile: (fd: number) => Promise<void> = promisify(fsync);

/** The version token: ctime tells an overwrite that kept size and mtime. */
export function tokenOf(stat: BigIntStats): string {
  return digest(stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs);
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
  let fd: number;
  try {
    fd = openSync(dir, "r");
  } catch (error) {
    if (isCode(error, "EPERM", "EISDIR", "EACCES") && process.platform === "win32") return;
    throw error;
  }
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!isCode(error, "EPERM", "EINVAL", "ENOTSUP")) throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a directory and those above it, each durable in the one above. Nothing when it is there. Level by level: Node's
 * recursive mkdir never returns on a file system that answers ENOENT for a folder whose parent exists, as procfs does.
 */
export function makeDirectory(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(dir);
  if (parent !== dir) makeDirectory(parent);
  try {
    mkdirSync(dir);
  } catch (error) {
    if (isCode(error, "EEXIST") && statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
    throw error;
  }
  syncDirectory(parent);
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
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}
