import { constants } from "node:fs";
import { type FileHandle, open, readdir, readFile, rename, rm, stat, unlink, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { isCode } from "../storage/local/errors.ts";
import { makeDirectory, syncDirectory } from "../storage/local/files.ts";

/** A file that is written to its end only. */
export interface SpoolFile {
  append(bytes: Uint8Array): Promise<void>;
  /** Settles when what was written is durable. */
  sync(): Promise<void>;
  /** Cuts it to the bytes that it had. */
  cut(bytes: number): Promise<void>;
  /** Whether it still stands where it was made: who takes over a spool moves it away. */
  isThere(): Promise<boolean>;
  close(): Promise<void>;
}

/** What a spool needs of a file system. Whatever makes or moves a name is durable when it settles; removals need not be. */
export interface SpoolFiles {
  makeFolder(path: string): Promise<void>;
  /** None where there is no folder. */
  names(path: string): Promise<readonly string[]>;
  /** Fails where there is one. */
  create(path: string): Promise<SpoolFile>;
  /** Durable when it settles, with the size of the file. Fails where the folder is gone. */
  append(path: string, bytes: Uint8Array): Promise<number>;
  /** Null where there is none. */
  read(path: string): Promise<Buffer | null>;
  /** Makes durable what stands in a file. */
  settle(path: string): Promise<void>;
  /** False where there is nothing to move. */
  move(from: string, to: string): Promise<boolean>;
  remove(path: string): Promise<void>;
  removeFolder(path: string): Promise<void>;
  /** Says that somebody is there; false where it is gone. */
  touch(path: string): Promise<boolean>;
  /** When that was last said, milliseconds since the epoch; null where it is gone. */
  touched(path: string): Promise<number | null>;
}

/** Undefined where what was to be done needs something that is not there. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

export const spoolFiles: SpoolFiles = {
  async makeFolder(path) {
    for (const changed of makeDirectory(path)) syncDirectory(changed);
  },
  names: async (path) => (await ifThere(readdir(path))) ?? [],
  async create(path) {
    const handle = await open(path, "wx");
    try {
      syncDirectory(dirname(path));
      return await spoolFile(path, handle);
    } catch (error) {
      await handle.close();
      await unlink(path);
      throw error;
    }
  },
  async append(path, bytes) {
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    const handle = await open(path, O_APPEND | O_CREAT | O_WRONLY);
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
      syncDirectory(dirname(path));
      return (await handle.stat()).size;
    } finally {
      await handle.close();
    }
  },
  read: async (path) => (await ifThere(readFile(path))) ?? null,
  async settle(path) {
    const handle = await ifThere(open(path, "r+"));
    try {
      await handle?.datasync();
    } finally {
      await handle?.close();
    }
  },
  async move(from, to) {
    const isMoved = (await ifThere(rename(from, to).then(() => true))) ?? false;
    if (isMoved) syncDirectory(dirname(to));
    return isMoved;
  },
  remove: async (path) => ifThere(unlink(path)),
  removeFolder: (path) => rm(path, { recursive: true, force: true }),
  async touch(path) {
    const now = new Date();
    return (await ifThere(utimes(path, now, now).then(() => true))) ?? false;
  },
  touched: async (path) => (await ifThere(stat(path)))?.mtimeMs ?? null,
};

/** Writes a file of these bytes in place of the one that is there, whole or not at all. */
export async function replaceFile(files: SpoolFiles, path: string, bytes: Uint8Array): Promise<void> {
  const next = `${path}.new`;
  await files.remove(next);
  const file = await files.create(next);
  try {
    await file.append(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.move(next, path);
}

async function spoolFile(path: string, handle: FileHandle): Promise<SpoolFile> {
  const { ino } = await handle.stat();
  let size = 0;
  return {
    async append(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, size + done)).bytesWritten;
      }
      size += bytes.length;
    },
    sync: () => handle.datasync(),
    async cut(bytes) {
      await handle.truncate(bytes);
      size = bytes;
    },
    isThere: async () => (await ifThere(stat(path)))?.ino === ino,
    close: () => handle.close(),
  };
}
