import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { notFound } from "../faults.ts";
import type { ByteRange, ObjectHead, ObjectReader } from "../port.ts";
import { rangeWithin } from "../range.ts";
import { isCode, storageError } from "./errors.ts";
import { notRegular } from "./paths.ts";

/** O_NOFOLLOW: the last segment is no link either. O_NONBLOCK: opening a pipe must not wait for its writer. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Opens the regular file at `path`, or a piece of it; its pulls are synchronous. Throws `not_found`, `key_invalid`, `storage_failed`. */
export function openReader(
  key: string,
  path: string,
  url: string,
  headOf: (key: string, stat: BigIntStats) => ObjectHead,
  range?: ByteRange,
): ObjectReader {
  const fd = openFile(key, path, url);
  let open = true;
  const close = () => {
    if (open) closeSync(fd);
    open = false;
  };
  let head: ObjectHead;
  let dated: number;
  try {
    const stat = fstatSync(fd, { bigint: true });
    dated = Number(stat.mtimeMs);
    if (stat.isDirectory()) throw notFound(key);
    if (!stat.isFile()) throw notRegular(key);
    head = headOf(key, stat);
  } catch (error) {
    close();
    throw storageError(error, "read", key, url);
  }
  const piece = range === undefined ? null : rangeWithin(range, head.size);
  let position = piece?.start ?? 0;
  return {
    head,
    dated,
    pull(into) {
      // The number of a closed descriptor soon belongs to another file.
      if (!open) throw new Error(`the reader of "${key}" is closed`);
      try {
        if (piece === null) return readSync(fd, into);
        const read = readSync(fd, into, 0, Math.min(into.length, piece.end - position), position);
        position += read;
        return read;
      } catch (error) {
        throw storageError(error, "read", key, url);
      }
    },
    async close() {
      close();
    },
  };
}

function openFile(key: string, path: string, url: string): number {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    if (isCode(error, "ELOOP")) throw notRegular(key);
    throw isCode(error, "ENOENT", "ENOTDIR") ? notFound(key, error) : storageError(error, "read", key, url);
  }
}
