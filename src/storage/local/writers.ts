import { type BigIntStats, readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from "node:fs";
import { basename } from "node:path";
import { isCode } from "./errors.ts";
import { ownerOf } from "./owner.ts";

/** What a look at all processes of the machine tells of the writers of some files. */
export interface Writers {
  /** The files that some process has open for writing. */
  readonly open: ReadonlySet<string>;
  /** Whether somebody may have this file open for writing whom the look could not see. */
  readonly mayMiss: (path: string) => boolean;
}

/** The access modes of open(2) in `/proc/<pid>/fdinfo/<fd>`, octal: 0 reads only, 1 and 2 write. */
const ACCESS_MODE = 3;
/** The machine's own (PROC_PID_INIT_INO); in another, as in a container, the processes outside cannot be seen. */
const FIRST_SPACE = "4026531836";
/** The first process of a machine starts the others and takes no uploads: what it has open may be hidden even from root. */
const INIT = "1";
/** Types of file systems (statfs(2)) that no other machine writes to: ext, XFS, Btrfs, F2FS, ZFS, bcachefs, tmpfs, overlay. */
const OF_ONE_MACHINE = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0xca451a4e, 0x01021994, 0x794c7630,
]);
/** Looks at what has begun or moved since the last one; an end where that never ends. */
const MAX_LOOKS = 10;

interface Look {
  /** Of the files that are looked for: what is called otherwise is not worth a stat, which may hang on a dead mount. */
  readonly names: ReadonlySet<string>;
  /** Inodes that are open for writing. */
  readonly open: Set<string>;
  /** The users of processes that do not show what they have open; null where that cannot be told. */
  readonly hidden: Set<number | null>;
}

/**
 * Who has these files open for writing (proc(5)): the one way to tell a writer that pauses from one that is done. What
 * moves meanwhile to another number or to a child is followed. Throws where the system has no more descriptors or memory
 * for a look: then nothing is known.
 */
export function findWriters(paths: readonly string[]): Writers {
  const stats = new Map<string, BigIntStats>();
  for (const path of paths) {
    const stat = statOf(path);
    if (stat !== undefined) stats.set(path, stat);
  }
  const look: Look = { names: new Set(paths.map((path) => basename(path))), open: new Set(), hidden: new Set() };
  const first = processesNow();
  // Our own drafts are still open for an instant after they were moved into place.
  const seen = new Set([String(process.pid)]);
  let pids = first.filter((pid) => !seen.has(pid));
  for (let looks = 0; pids.length > 0 && looks < MAX_LOOKS; looks++) {
    for (const pid of pids) {
      seen.add(pid);
      lookAt(look, pid);
    }
    pids = processesNow().filter((pid) => !seen.has(pid));
  }
  // Without the first process in it, it is no list of all (hidepid in proc(5)), or there is no /proc.
  const isBlind = !first.includes(INIT) || ownerOf().space !== FIRST_SPACE || look.hidden.has(null);
  const shared = devicesShared(stats);
  const me = process.geteuid?.();
  return {
    open: new Set([...stats].filter(([, stat]) => look.open.has(inodeOf(stat))).map(([path]) => path)),
    mayMiss(path) {
      const stat = stats.get(path);
      if (isBlind || stat === undefined || shared.has(stat.dev)) return true;
      const user = Number(stat.uid);
      return look.hidden.has(user) || (me !== 0 && me !== user);
    },
  };
}

/** A file by what a rename, a hard link or another mount of it cannot change. */
function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Undefined for what is gone or cannot be reached; the stage will say why. */
function statOf(path: string): BigIntStats | undefined {
  return attempt(() => statSync(path, { bigint: true }));
}

/** Devices that other machines may write to as well. */
function devicesShared(stats: ReadonlyMap<string, BigIntStats>): ReadonlySet<bigint> {
  const paths = new Map([...stats].map(([path, { dev }]) => [dev, path]));
  const isShared = (path: string) => !OF_ONE_MACHINE.has(attempt(() => statfsSync(path).type) ?? 0);
  return new Set([...paths].filter(([, path]) => isShared(path)).map(([dev]) => dev));
}

function processesNow(): readonly string[] {
  return (attempt(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name));
}

function lookAt(look: Look, pid: string): void {
  try {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const fds = readdirSync(`/proc/${pid}/fd`);
      // What was closed since may have been given another number first, as a shell does.
      if (fds.filter((fd) => !isLookedAt(look, pid, fd)).length === 0) return;
    }
  } catch (error) {
    failOnShortage(error);
    if (!isGone(error) && pid !== INIT) hide(look, pid);
  }
}

/** False for a descriptor that is gone by now. */
function isLookedAt({ names, open }: Look, pid: string, fd: string): boolean {
  try {
    const file = `/proc/${pid}/fd/${fd}`;
    if (!names.has(basename(readlinkSync(file)))) return true;
    // One of another file with the same name may not be reachable.
    const stat = statOf(file);
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"))?.[1] ?? "0";
    if (stat !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) !== 0) open.add(inodeOf(stat));
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Notes who uses a process that does not show what it has open; its folder belongs to root then, whose it ever is. */
function hide({ hidden }: Look, pid: string): void {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    // One that has ended has nothing open, though nobody has asked how it ended.
    if (/^State:\s+[ZX]/m.test(status) && /^Threads:\s+1$/m.test(status)) return;
    // Real, effective, saved, and the one as whom it uses files.
    const user = /^Uid:(?:\s+\d+){3}\s+(\d+)/m.exec(status)?.[1];
    hidden.add(user === undefined ? null : Number(user));
  } catch (error) {
    failOnShortage(error);
    if (!isGone(error)) hidden.add(null);
  }
}

function isGone(error: unknown): boolean {
  return isCode(error, "ENOENT", "ESRCH");
}

function failOnShortage(error: unknown): void {
  if (isCode(error, "EMFILE", "ENFILE", "ENOMEM")) throw error;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    failOnShortage(error);
    return undefined;
  }
}
