import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, writeAll } from "./files.ts";
import { isDead, type Owner, ownerOf } from "./owner.ts";

/** Temporary files of a lake. Each names the process that owns it, so that nobody clears away another's. */
export interface Temporary {
  /** A new open file. */
  create(): { path: string; fd: number };
  /** A new file with these bytes. */
  write(bytes: Uint8Array): string;
  /** Removes what processes that are gone have left. */
  clear(): void;
}

export function createTemporary(dir: string): Temporary {
  const me = ownerOf(process.pid);
  let cleared = false;
  const temporary: Temporary = {
    create() {
      makeDirectory(dir);
      if (!cleared) temporary.clear();
      cleared = true;
      // Random, not counted: the threads of a process share its name, but no counter.
      const path = join(dir, `${nameOf(me)}${randomBytes(8).toString("hex")}`);
      return { path, fd: openSync(path, "wx") };
    },
    write(bytes) {
      const { path, fd } = temporary.create();
      try {
        writeAll(fd, bytes);
      } finally {
        closeSync(fd);
      }
      return path;
    },
    clear() {
      for (const name of readdirSync(dir)) {
        const owner = parseName(name, me.host);
        if (owner !== null && isDead(owner)) rmSync(join(dir, name), { force: true });
      }
    },
  };
  return temporary;
}

function nameOf({ host, pid, start }: Owner): string {
  return `${encodeURIComponent(host)}@${pid}@${start}@`;
}

/** Null for a name that no process of `host` gave: nobody here can know whether its owner lives. */
function parseName(name: string, host: string): Owner | null {
  const parts = /^(.*)@(\d+)@(\d*)@[\w-]+$/.exec(name);
  if (parts === null || parts[1] !== encodeURIComponent(host)) return null;
  return { host, pid: Number(parts[2]), start: parts[3] };
}
