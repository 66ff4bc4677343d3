import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLazyStorage, createLazyTurns, createLazyVersions } from "./lazy.ts";
import { claimRole, createClaims } from "./local/claim.ts";
import { makeDirectory } from "./local/files.ts";
import { openLocalLake } from "./local/lake.ts";
import { checkLocalFolders, PRIVATE } from "./local/paths.ts";
import { type SweepOptions, type Swept, sweepSideFiles } from "./local/side-files.ts";
import { unfinishedUploads } from "./local/unfinished.ts";
import { copyInput, createLocalVersions } from "./local/versions.ts";
import { clearAfterThread, createLocalStorage } from "./local.ts";
import type { Claims, LakeStorage, LakeVersions, ObjectInfo } from "./port.ts";
import { directoryOf, isS3, parseS3Url } from "./url.ts";
import type { Watcher, WatcherEvents } from "./watcher.ts";

/**
 * Opens the lake of a directory, a file: URL or `s3://bucket[/prefix]`: the only place that chooses an adapter. A bucket
 * is connected by its first use. Throws `usage`.
 */
export function openStorage(url: string): LakeStorage {
  if (!isS3(url)) return createLocalStorage({ root: directoryOf(url), url });
  const place = parseS3Url(url);
  return createLazyStorage(url, async () => {
    const { createS3Client, createS3Storage } = await s3();
    const client = await createS3Client();
    const close = async () => client.destroy();
    return { ...createS3Storage({ client, ...place, url }), close };
  });
}

/** Opens what a lake retains of overwritten and removed objects. Throws `usage`. */
export function openVersions(url: string): LakeVersions {
  if (!isS3(url)) return createLocalVersions(openLocalLake({ root: directoryOf(url), url }));
  const place = parseS3Url(url);
  return createLazyVersions(async () => {
    const { createS3Client, createS3Versions } = await s3();
    return createS3Versions({ client: await createS3Client(), ...place });
  });
}

/**
 * The same where it tells what vantageflow itself has removed: null for a bucket, whose delete markers do not say who did.
 * Throws `usage`.
 */
export function openRemovals(url: string): LakeVersions | null {
  return isS3(url) ? null : openVersions(url);
}

/** Removes metadata whose object is gone, see {@link sweepSideFiles}. A bucket keeps an object's metadata with it. */
export async function sweepMetadata(url: string, options: SweepOptions): Promise<Swept> {
  if (isS3(url)) return { removed: 0, failed: [] };
  return sweepSideFiles(openLocalLake({ root: directoryOf(url), url }), options);
}

/**
 * How the lake of a URL keeps a copy of an input that was processed (the setting `copyInputs`), so that it can be restored
 * after a foreign program has overwritten it. Does nothing for a version that is no longer current, nor for a bucket,
 * which keeps versions itself.
 */
export function openInputCopies(
  url: string,
): (input: { readonly key: string; readonly token: string }) => Promise<void> {
  if (isS3(url)) return async () => {};
  const lake = openLocalLake({ root: directoryOf(url), url });
  return ({ key, token }) => copyInput(lake, key, token);
}

/** How those who work on one lake share its work: by claims on batches; in a bucket by turns. Throws `usage`. */
export function openClaims(url: string): Claims {
  if (!isS3(url)) return createClaims(resolve(directoryOf(url)));
  const place = parseS3Url(url);
  return createLazyTurns(async () => {
    const { createS3Client, createS3Turns } = await s3();
    const client = await createS3Client();
    const turns = createS3Turns({ client, ...place, url });
    return { ...turns, close: () => turns.close().finally(() => client.destroy()) };
  });
}

/** What only a directory can do: be watched, have uploads under way, and leave things behind after a thread. */
export interface Watchable {
  /**
   * Makes the folders of these prefixes, for somebody to drop files into. Throws `busy` while another process watches. The
   * returned function gives the claim back.
   */
  claim(prefixes: readonly string[]): () => void;
  watch(prefixes: readonly string[], events: WatcherEvents): Promise<Watcher>;
  /** Keys of those objects that are still being written. Times in milliseconds. */
  unfinished(objects: readonly ObjectInfo[], settleMs: number, now: number): ReadonlySet<string>;
  clearAfterThread(thread: number): void;
}

/** Null for a store that shows only whole objects and has nothing to watch: there, listing at an interval is all. */
export function openWatchable(url: string): Watchable | null {
  if (isS3(url)) return null;
  const root = resolve(directoryOf(url));
  return {
    claim(prefixes) {
      const release = claimRole(root, "watch", url);
      for (const prefix of prefixes) makeDirectory(join(root, prefix));
      return release;
    },
    async watch(prefixes, events) {
      const { createWatcher } = await import("./watcher.ts");
      return createWatcher(root, prefixes, events);
    },
    unfinished: (objects, settleMs, now) => unfinishedUploads(root, objects, settleMs, now),
    clearAfterThread: (thread) => clearAfterThread(root, thread),
  };
}

/**
 * Throws `storage_failed` for a directory that is there and cannot be seen whole: what is taken for an empty layer, and is
 * a link, a file or unreadable. `folders` are the prefixes of the layers. A bucket says so itself, when it is read.
 */
export function checkLakeFolders(url: string, folders: readonly string[]): void {
  if (!isS3(url)) checkLocalFolders({ root: resolve(directoryOf(url)), url }, [...folders, `${PRIVATE}/`]);
}

/** False for a directory that is not there, or has not this folder. A bucket that is not says so itself, when it is read. */
export function isThere(url: string, folder = ""): boolean {
  return isS3(url) || existsSync(join(directoryOf(url), folder));
}

/** The AWS SDK takes a fifth of a second to load: only lakes in a bucket pay for it. */
async function s3() {
  const [{ createS3Client }, { createS3Storage }, { createS3Versions }, { createS3Turns }] = await Promise.all([
    import("./s3/client.ts"),
    import("./s3.ts"),
    import("./s3/versions.ts"),
    import("./s3/turns.ts"),
  ]);
  return { createS3Client, createS3Storage, createS3Versions, createS3Turns };
}
