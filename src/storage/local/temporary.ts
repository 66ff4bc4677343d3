import { randomBytes } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, namesIn, writeAll } from "./files.ts";
import { isDead, type Owner, ownerName, ownerOf, parseOwnerName } from "./owner.ts";

/** Temporary files of a lake. Each names the process that owns it, so that nobody clears away another's. */
export interface Temporary {
  /** A new open file. */
  create(): { path: string; fd: number };
  /** A new file with these bytes. */
  write(bytes: Uint8Array): string;
  /** Removes what is left of processes that are gone, or of those that `isGone` says. */
  clear(isGone?: (owner: Owner) => boolean): void;
}

export function createTemporary(dir: string): Temporary {
  const me = ownerOf();
  let cleared = false;
  const temporary: Temporary = {
    create() {
      makeDirectory(dir);
      if (!cleared) temporary.clear();
      cleared = true;
      const path = join(dir, `${ownerName(me)}@${randomBytes(8).toString("hex")}`);
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
    clear(isGone = isDead) {
      for (const name of namesIn(dir)) {
        const owner = parseOwnerName(name.slice(0, name.lastIndexOf("@")));
        if (owner !== null && isGone(owner)) rmSync(join(dir, name), { force: true });
      }
    },
  };
  return temporary;
}
