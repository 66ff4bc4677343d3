import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, writeAll } from "./files.ts";
import { isDead, type Owner, ownerOf } from "./owner.ts";

let files = 0;

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
      const path = join(dir, `${nameOf(me)}-${++files}`);
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
        const owner = parseName(name);
        if (owner !== null && isDead(owner)) rmSync(join(dir, name), { force: true });
      }
    },
  };
  return temporary;
}

function nameOf({ host, pid, start }: Owner): string {
  return `${encodeURIComponent(host)}@${pid}@${start}@`;
}

function parseName(name: string): Owner | null {
  const parts = /^(.*)@(\d+)@(\d*)@-\d+$/.exec(name);
  return parts === null ? null : { host: decodeURIComponent(parts[1]), pid: Number(parts[2]), start: parts[3] };
}
