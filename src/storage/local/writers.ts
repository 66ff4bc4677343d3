import { type BigIntStats, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";

/** The access modes of open(2) in `/proc/<pid>/fdinfo/<fd>`, octal: 0 reads only, 1 and 2 write. */
const ACCESS_MODE = 3;

/** A file by what a rename, a hard link or another mount of it cannot change. */
function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * Which of these files some process has open for writing (proc(5)): the one way to tell a writer that pauses from one
 * that is done. Null where there is no /proc. Processes of other users are seen by root only.
 */
export function openForWriting(paths: readonly string[]): ReadonlySet<string> | null {
  const names = new Set(paths.map((path) => basename(path)));
  const byInode = new Map<string, string>();
  for (const path of paths) {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat !== undefined) byInode.set(inodeOf(stat), path);
  }
  const processes = list("/proc")?.filter((name) => /^\d+$/.test(name));
  if (processes === undefined || processes.length === 0) return null;
  const found = new Set<string>();
  for (const pid of processes) {
    // Our own drafts are still open for an instant after they were moved into place.
    if (Number(pid) === process.pid) continue;
    for (const fd of list(`/proc/${pid}/fd`) ?? []) {
      const path = writtenBy(pid, fd, names, byInode);
      if (path !== null) found.add(path);
    }
  }
  return found;
}

function writtenBy(pid: string, fd: string, names: ReadonlySet<string>, byInode: ReadonlyMap<string, string>) {
  try {
    const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    if (!names.has(basename(target))) return null;
    const path = byInode.get(inodeOf(statSync(`/proc/${pid}/fd/${fd}`, { bigint: true })));
    if (path === undefined) return null;
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & ACCESS_MODE) !== 0 ? path : null;
  } catch {
    // Closed, or its process gone, since it was listed.
    return null;
  }
}

/** Undefined for what is gone or may not be read. */
function list(dir: string): string[] | undefined {
  try {
    return readdirSync(dir);
  } catch {
    return undefined;
  }
}
