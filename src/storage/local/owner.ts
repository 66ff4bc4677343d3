import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";

/** A process, told apart from a later one with the same number and from one in another container. */
export interface Owner {
  readonly host: string;
  /** Of this start of the machine; "" where there is no /proc. */
  readonly boot: string;
  /** The namespace in which `pid` is a number: containers may share a host name and each has its own process 1. */
  readonly space: string;
  readonly pid: number;
  /** When it started, in the kernel's ticks; "" where there is no /proc. */
  readonly start: string;
  /** The worker thread; 0 is the main one. Numbers are not used again within a process. */
  readonly thread: number;
}

let here: Pick<Owner, "host" | "boot" | "space"> | undefined;

/** This thread of this process, or another. */
export function ownerOf(pid = process.pid, thread = threadId): Owner {
  here ??= { host: hostname(), boot: bootOf(), space: spaceOf() };
  return { ...here, pid, start: statOf(pid)?.start ?? "", thread };
}

const endedThreads = new Set<number>();

/** A thread of this process has ended: whatever it has left is nobody's. */
export function markEnded(thread: number): void {
  endedThreads.add(thread);
}

/** Whether an owner is known to be gone. One on another machine or in another container never is. */
export function isDead(owner: Owner): boolean {
  const me = ownerOf();
  if (owner.host !== me.host || owner.space !== me.space) return false;
  if (owner.boot !== me.boot) return true;
  if (owner.pid === me.pid && owner.start === me.start && endedThreads.has(owner.thread)) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  const stat = statOf(owner.pid);
  if (stat === null) return false;
  return stat.state === ZOMBIE || (owner.start !== "" && stat.start !== owner.start);
}

/** Whether it makes sense to wait for an owner: one of this machine, that nobody has stopped (Ctrl-Z). */
export function mayBeWaitedFor(owner: Owner): boolean {
  const me = ownerOf();
  return owner.host === me.host && owner.space === me.space && statOf(owner.pid)?.state !== STOPPED;
}

/** Whether two name the same thread of the same process. */
export function isSameOwner(a: Owner, b: Owner): boolean {
  return ownerName(a) === ownerName(b);
}

/** It has ended, and nobody has asked how. */
const ZOMBIE = "Z";
const STOPPED = "T";

/** Fields 3 and 22 of /proc/<pid>/stat (proc(5)); the second field is in parentheses and may hold anything. */
function statOf(pid: number): { readonly state: string; readonly start: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], start: fields[19] };
  } catch {
    return null;
  }
}

function bootOf(): string {
  try {
    const id = readFileSync("/proc/sys/kernel/random/boot_id", "latin1");
    return createHash("sha256").update(id).digest("hex").slice(0, 8);
  } catch {
    return "";
  }
}

/** `pid:[4026531836]` (pid_namespaces(7)): its number. */
function spaceOf(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "";
  } catch {
    return "";
  }
}

/** Whether this is another process than this one, and lives, as far as can be seen from here. */
export function isLivingOther(owner: Owner): boolean {
  const me = ownerOf();
  return owner.host === me.host && owner.space === me.space && owner.pid !== me.pid && !isDead(owner);
}

/** An owner as part of a file name, and back; null for a name that none gave. */
export function ownerName({ host, boot, space, pid, start, thread }: Owner): string {
  return [encodeURIComponent(host), boot, space, pid, start, thread].join("@");
}

export function parseOwnerName(name: string): Owner | null {
  const parts = /^([^@]*)@([0-9a-f]*)@(\d*)@(\d+)@(\d*)@(\d+)$/.exec(name);
  if (parts === null) return null;
  try {
    const [, host, boot, space, pid, start, thread] = parts;
    return { host: decodeURIComponent(host), boot, space, pid: Number(pid), start, thread: Number(thread) };
  } catch {
    return null;
  }
}
