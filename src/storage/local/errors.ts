import { VantageflowError } from "../../errors.ts";

const REASONS: Readonly<Record<string, readonly [why: string, advice: string]>> = {
  ENOSPC: ["no space is left on the device", "Free some space and run the command again"],
  EDQUOT: ["the disk quota is used up", "Free some space and run the command again"],
  EIO: ["the device reported an input/output error", "Check the disk, then run the command again"],
  EACCES: ["permission is denied", "Give this user read and write access to the lake"],
  EPERM: ["the operation is not permitted", "Give this user read and write access to the lake"],
  EMFILE: ["too many files are open", "Raise the limit (ulimit -n) or lower --concurrency"],
  ENFILE: ["too many files are open on this machine", "Lower --concurrency"],
  EXDEV: ["the lake's folders are on different file systems", "Keep all folders of a lake on one file system"],
  EROFS: ["the file system is read-only", "Use a lake that can be written"],
  ENOTDIR: ["a file stands where a folder is needed", "Move that file away"],
  EEXIST: ["a file stands where a folder is needed", "Move that file away"],
  EISDIR: ["a folder stands where the file is needed", "Move that folder away"],
  ENOTEMPTY: ["a folder stands where the file is needed", "Move that folder away"],
  ENAMETOOLONG: ["the path is too long for this file system", "Use a shorter path for the lake or the batch"],
  ELOOP: ["it is a symbolic link, and those are not followed", "Put the file itself there"],
};

/** Of a link that could not be made: the file system has none (link(2); Windows says EISDIR). */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR"];
const WITHOUT_LINKS = [
  "its file system has no hard links, as exFAT and FAT have none",
  "Keep the lake on another one; files can be ingested from there",
] as const;

/** The error of a file operation, as its user can act on it. Errors of our own pass unchanged. */
export function storageError(error: unknown, verb: "read" | "write" | "remove" | "list", key: string, lake: string) {
  if (error instanceof VantageflowError) return error;
  const { code = "unknown", syscall } = (error ?? {}) as NodeJS.ErrnoException;
  const reason = syscall === "link" && NO_LINKS.includes(code) ? WITHOUT_LINKS : REASONS[code];
  const [why, advice] = reason ?? [String((error as Error | null)?.message ?? error), "Run the command again"];
  const message = `Cannot ${verb} "${key}" in ${lake}: ${why} (${code}). ${advice}.`;
  return new VantageflowError("storage_failed", message, { key, cause: error });
}

export function isCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? "");
}
