import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process, told apart from a later one with the same number. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When it started, in the kernel's ticks; "" where there is no /proc. */
  readonly start: string;
}

/** This process (or the one of the given number on this machine). */
export function ownerOf(pid: number): Owner {
  return { host: hostname(), pid, start: startOf(pid) ?? "" };
}

/** Whether an owner is known to be gone. One on another machine never is. */
export function isDead(owner: Owner): boolean {
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  const start = startOf(owner.pid);
  return start !== null && owner.start !== "" && start !== owner.start;
}

/** Field 22 of /proc/<pid>/stat (proc(5)); the second field is in parentheses and may hold anything. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
