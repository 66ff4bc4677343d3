import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ObjectMetadata } from "../port.ts";
import { isCode } from "./errors.ts";
import { inFolder, makeDirectory, removeFile, writeAll } from "./files.ts";

/** Their folder in a lake's private one. */
export const METADATA = "metadata";

/**
 * Metadata of local objects, in side files `<dir>/<key>@<identity>.json`. The identity is that of the file (inode, size,
 * mtime) and survives its rename, so the side file is written first and belongs to exactly that object: at no instant
 * does an object lack its metadata or have another's, and a foreign overwrite voids it. They are not synced: after a power
 * loss an object may lack its metadata, as in a copied lake, and receipts say what it is.
 */
export interface MetadataFiles {
  read(key: string, identity: string): ObjectMetadata | null;
  write(key: string, identity: string, metadata: ObjectMetadata): void;
  /** Removes the side file of a former object. */
  remove(key: string, identity: string): void;
}

export function createMetadataFiles(dir: string): MetadataFiles {
  const pathOf = (key: string, identity: string) => join(dir, `${key}@${identity}.json`);
  return {
    read(key, identity) {
      const path = pathOf(key, identity);
      // Most objects have none, and an error for each would take longer than all the rest.
      if (!existsSync(path)) return null;
      try {
        return parse(readFileSync(path, "utf8"));
      } catch (error) {
        if (isCode(error, "ENOENT", "ENOTDIR") || error instanceof SyntaxError) return null;
        throw error;
      }
    },
    write(key, identity, metadata) {
      // Nobody reads it before its object is there; what a kill leaves half written is of an object that never is.
      const fd = openNew(pathOf(key, identity));
      try {
        writeAll(fd, Buffer.from(JSON.stringify(metadata)));
      } finally {
        closeSync(fd);
      }
    },
    remove(key, identity) {
      removeFile(pathOf(key, identity));
    },
  };
}

/** Whatever stands there is not written through: it may be a link. */
function openNew(path: string): number {
  const make = () => makeDirectory(dirname(path));
  const open = () => openSync(path, "wx");
  try {
    return inFolder(make, open);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    removeFile(path);
    return inFolder(make, open);
  }
}

/** Which object a side file is of, by its path below their folder; null for what is none. */
export function parseSideFile(path: string): { key: string; identity: string } | null {
  const [, key, identity] = /^(.+)@([0-9a-f]{24})\.json$/s.exec(path) ?? [];
  return key === undefined ? null : { key, identity };
}

function parse(text: string): ObjectMetadata | null {
  const value = JSON.parse(text) as Partial<ObjectMetadata> | null;
  if (value === null || typeof value !== "object") return null;
  const { sourceKey, sourceToken, variant, sha256 } = value;
  const complete = [sourceKey, sourceToken, variant, sha256].every((text) => typeof text === "string");
  return complete ? ({ sourceKey, sourceToken, variant, sha256 } as ObjectMetadata) : null;
}
