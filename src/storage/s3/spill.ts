import { createHash, randomUUID } from "node:crypto";
import { type close, closeSync, createReadStream, openSync, read, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { VantageflowError } from "../../errors.ts";
import type { Place } from "./place.ts";

/** The largest PutObject (S3 user guide, "Amazon S3 multipart upload limits"). */
const MAX_BYTES = 5 * 1024 ** 3;

/** Bytes of one object on their way into one request: kept on disk, so that memory does not grow with them. */
export interface Spill {
  /** The bytes may be reused once it returns. */
  add(part: Uint8Array): void;
  /** SHA-256 of all that was added, lower-case hex. Ask once. */
  digest(): string;
  /** All that was added, from the start; once for each request. */
  open(): Readable;
  close(): void;
}

/**
 * A file in the system's folder for temporary ones, without a name as soon as it is open: whatever becomes of the
 * process, nothing is left. Throws `storage_failed`.
 */
export function createSpill(place: Place, key: string): Spill {
  const hash = createHash("sha256");
  const fd = attempt(() => {
    const path = join(tmpdir(), `vantageflow-${randomUUID()}`);
    const opened = openSync(path, "wx+", 0o600);
    rmSync(path);
    return opened;
  });
  let size = 0;
  let isOpen = true;

  function attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw failed(
        place,
        key,
        `the temporary file of ${tmpdir()} failed (${(error as NodeJS.ErrnoException).code})`,
        error,
      );
    }
  }

  return {
    add(part) {
      if (size + part.length > MAX_BYTES) throw failed(place, key, TOO_LARGE);
      attempt(() => {
        for (let written = 0; written < part.length; ) written += writeSync(fd, part, written);
      });
      hash.update(part);
      size += part.length;
    },
    digest: () => hash.digest("hex"),
    open: () => createReadStream("", { fd, start: 0, highWaterMark: 256 * 1024, fs: { read, close: leaveOpen } }),
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** A stream that ends would close the file, which is there for the next request too. */
const leaveOpen = ((_fd, done) => done?.(null)) as typeof close;

const TOO_LARGE = "it is larger than 5 GiB, and this server ignores conditions on multipart uploads";

function failed(place: Place, key: string, why: string, cause?: unknown): VantageflowError {
  const advice =
    why === TOO_LARGE ? "Split the batch (docs/s3.md)" : "Make room there, or set TMPDIR to another folder";
  const message = `Cannot write "${place.prefix}${key}" in bucket "${place.bucket}": ${why}. ${advice}.`;
  return new VantageflowError("storage_failed", message, { key, cause });
}
