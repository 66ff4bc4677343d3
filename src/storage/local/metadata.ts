import { closeSync, fsyncSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ObjectMetadata } from "../port.ts";
import { isCode } from "./errors.ts";
import { makeDirectory, syncDirectory, writeAll } from "./files.ts";
import type { Temporary } from "./temporary.ts";

/**
 * Metadata of local objects, in side files `<dir>/<key>/<identity>.json`. The identity is that of the file (inode, size,
 * mtime) and survives its rename, so the side file is written first and belongs to exactly that object: at no instant
 * does an object lack its metadata or have another's, and a foreign overwrite voids it.
 */
export interface MetadataFiles {
  read(key: string, identity: string): ObjectMetadata | null;
  write(key: string, identity: string, metadata: ObjectMetadata): void;
  /** Removes the side files of the key's former objects. */
  keepOnly(key: string, identity: string | null): void;
}

const SIDE_FILE = /^[0-9a-f]{24}\.json$/;

export function createMetadataFiles(dir: string, temporary: Temporary): MetadataFiles {
  const folder = (key: string) => join(dir, key);
  return {
    read(key, identity) {
      try {
        return parse(readFileSync(join(folder(key), `${identity}.json`), "utf8"));
      } catch (error) {
        if (isCode(error, "ENOENT", "ENOTDIR") || error instanceof SyntaxError) return null;
        throw error;
      }
    },
    write(key, identity, metadata) {
      makeDirectory(folder(key));
      const { path, fd } = temporary.create();
      try {
        writeAll(fd, Buffer.from(JSON.stringify(metadata)));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(path, join(folder(key), `${identity}.json`));
      syncDirectory(folder(key));
    },
    keepOnly(key, identity) {
      for (const name of namesIn(folder(key))) {
        if (SIDE_FILE.test(name) && name !== `${identity}.json`) rmSync(join(folder(key), name), { force: true });
      }
    },
  };
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function parse(text: string): ObjectMetadata | null {
  const value = JSON.parse(text) as Partial<ObjectMetadata> | null;
  const { sourceKey, sourceToken, sha256 } = value ?? {};
  const complete = typeof sourceKey === "string" && typeof sourceToken === "string" && typeof sha256 === "string";
  return complete ? { sourceKey, sourceToken, sha256 } : null;
}
