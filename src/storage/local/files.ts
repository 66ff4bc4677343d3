import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, fsync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
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

/** Makes the bytes of a file durable. */
export function syncPath(path: string): void {
  const fd = openSync(path, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes a directory and those above it, each durable in the one above. Nothing when it is there. */
export function makeDirectory(dir: string): void {
  const first = mkdirSync(dir, { recursive: true });
  if (first === undefined) return;
  for (let made = dir; ; made = dirname(made)) {
    syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** Writes all bytes: a single write may take fewer. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
