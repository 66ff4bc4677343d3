import { closeSync, fdatasync, futimesSync } from "node:fs";
import { dirname } from "node:path";
import { checkLineage } from "../faults.ts";
import type { CommitOptions, ObjectInfo, ObjectWriter } from "../port.ts";
import { storageError } from "./errors.ts";
import { removeFile, writeAll } from "./files.ts";
import type { LocalLake } from "./lake.ts";
import { publish } from "./publish.ts";

/** What has been written is sent to the disk in the background this often, so that the last fsync finds little to do. */
const WRITE_BEHIND_BYTES = 16 * 1024 * 1024;
/** From so many bytes on, a thread that hashes is worth its start. */
const LARGE_BYTES = 32 * 1024 * 1024;

/** What is written, and about how many bytes of it. */
interface Target {
  readonly key: string;
  readonly path: string;
  readonly derived: boolean;
  readonly size: number;
}

/** The system is told seconds as a fraction, and cuts it: a microsecond more keeps the millisecond from being the one before. */
function setTime(fd: number, millis: number): void {
  const seconds = (millis + 0.001) / 1000;
  futimesSync(fd, seconds, seconds);
}

/** Writes `key` through a temporary file that `commit` makes durable and then moves to `path`. */
export function createLocalWriter(lake: LocalLake, { key, path, derived, size }: Target): ObjectWriter {
  const { path: draft, fd } = attempt(() => lake.temporary.create());
  const digest = size >= LARGE_BYTES ? lake.digests?.open(fd) : undefined;
  let open = true;
  let isMoved = false;
  /** Settles once the descriptor is closed and the draft gone. */
  let ended: Promise<unknown> = Promise.resolve();
  let written = 0;
  let behind = 0;
  const syncing: Promise<void>[] = [];
  let syncError: Error | null = null;
  let settled: Promise<void> | undefined;

  function attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, "write", key, lake.url);
    }
  }

  /** Not awaited, and begun again while one is under way: the hot path gives the event loop no turn to hear of its end. */
  function writeBehind(): void {
    behind = 0;
    const synced = new Promise<void>((resolve) => {
      fdatasync(fd, (error) => {
        syncError ??= error;
        resolve();
      });
    });
    syncing.push(synced);
  }

  /** The number of a closed descriptor soon belongs to another file, so nothing may use it after the writer's end. */
  function checkOpen(): void {
    if (!open) throw new Error(`the writer of "${key}" has ended`);
  }

  async function release(): Promise<void> {
    await Promise.all([...syncing, settled?.catch(() => {}), digest?.end().catch(() => {})]);
    attempt(() => {
      closeSync(fd);
      if (!isMoved) removeFile(draft);
    });
  }

  async function sync(): Promise<void> {
    await Promise.all(syncing);
    // After a failed fsync the kernel may have dropped the pages: a second one would lie (fsync(2), "fsyncgate").
    if (syncError !== null) throw syncError;
    // Both to their end: the descriptor is closed when this one is.
    const [synced, hashed] = await Promise.allSettled([lake.syncs.file(fd), digest?.end()]);
    for (const one of [synced, hashed]) if (one.status === "rejected") throw one.reason;
  }

  async function finish({
    ifToken,
    deferred = false,
    sha256 = "",
    lineage,
    dated,
  }: CommitOptions): Promise<ObjectInfo> {
    try {
      await (settled ?? sync());
      // Before it has its name, so that nobody ever sees another time of it.
      if (dated !== undefined) setTime(fd, dated);
      const info = await publish(lake, { key, path, draft, fd, lineage, ifToken, sha256 });
      isMoved = true;
      if (!deferred) await lake.syncs.folders([dirname(path)]);
      return info;
    } catch (error) {
      throw storageError(error, "write", key, lake.url);
    } finally {
      await release();
    }
  }

  return {
    ...(digest === undefined ? {} : { digest: () => digest.end() }),
    write(chunk) {
      checkOpen();
      if (settled !== undefined) throw new Error(`the writer of "${key}" has been settled`);
      // At its place, for a thread may be reading the same descriptor: on Windows that moves its pointer.
      attempt(() => writeAll(fd, chunk, written));
      written += chunk.length;
      digest?.wrote(chunk.length);
      behind += chunk.length;
      if (behind >= WRITE_BEHIND_BYTES) writeBehind();
    },
    async settle() {
      checkOpen();
      settled ??= sync();
      try {
        await settled;
      } catch (error) {
        throw storageError(error, "write", key, lake.url);
      }
    },
    async commit(options = {}) {
      checkOpen();
      checkLineage(key, derived, options.lineage);
      open = false;
      const finished = finish(options);
      ended = finished.catch(() => {});
      return finished;
    },
    async abort() {
      if (open) ended = release();
      open = false;
      await ended;
    },
  };
}
