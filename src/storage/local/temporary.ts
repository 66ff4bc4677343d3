import { randomBytes } from "node:crypto";
import { closeSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { inFolder, makeDirectory, namesIn, removeFile, writeAll } from "./files.ts";
import { isDead, type Owner, ownerName, ownerOf, parseOwnerName } from "./owner.ts";

/** Temporary files of a lake. Each names the process that owns it, so that nobody clears away another's. */
export interface Temporary {
  /** A new file, open for writing and for reading. */
  create(): { path: string; fd: number };
  /** A new file with these bytes. */
  write(bytes: Uint8Array): string;
  /** Whether a file of somebody who lives is this one. */
  holds(inode: bigint): boolean;
  /** Removes what is left of processes that are gone, or of those that `isGone` says. */
  clear(isGone?: (owner: Owner) => boolean): void;
}

/** Files in `dir`, which `make` makes where it is missing. */
export function createTemporary(dir: string, make: (dir: string) => void = makeDirectory): Temporary {
  const me = ownerOf();
  const front = `${ownerName(me)}@${randomBytes(8).toString("hex")}`;
  let created = 0;

  const temporary: Temporary = {
    create() {
      if (created === 0) temporary.clear();
      const path = join(dir, `${front}-${created++}`);
      const open = () => openSync(path, "wx+");
      return { path, fd: inFolder(() => make(dir), open) };
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
    holds(inode) {
      return namesIn(dir).some((name) => {
        const owner = ownerIn(name);
        if (owner === null || isDead(owner)) return false;
        return lstatSync(join(dir, name), { bigint: true, throwIfNoEntry: false })?.ino === inode;
      });
    },
    clear(isGone = isDead) {
      for (const name of namesIn(dir)) {
        const owner = ownerIn(name);
        if (owner !== null && isGone(owner)) removeFile(join(dir, name));
      }
    },
  };
  return temporary;
}

function ownerIn(name: string): Owner | null {
  return parseOwnerName(name.slice(0, name.lastIndexOf("@")));
}
