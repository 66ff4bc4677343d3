import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { claimRole } from "./local/claim.ts";
import { openLocalLake } from "./local/lake.ts";
import { unfinishedUploads } from "./local/unfinished.ts";
import { copyInput, createLocalVersions } from "./local/versions.ts";
import { clearAfterThread, createLocalStorage } from "./local.ts";
import type { LakeStorage, LakeVersions, ObjectInfo } from "./port.ts";
import type { Watcher, WatcherEvents } from "./watcher.ts";

/** Opens the lake of a URL or directory: the only place that chooses an adapter. Throws `usage`. */
export function openStorage(url: string): LakeStorage {
  return createLocalStorage({ root: directoryOf(url), url });
}

/** Opens the retained versions of the lake of a URL or directory. Throws `usage`. */
export function openVersions(url: string): LakeVersions {
  return createLocalVersions(openLocalLake({ root: directoryOf(url), url }));
}

/**
 * How the lake of a URL keeps a copy of an input that was processed (the setting `copyInputs`), so that it can be restored
 * after a foreign program has overwritten it. Does nothing for a version that is no longer current.
 */
export function openInputCopies(
  url: string,
): (input: { readonly key: string; readonly token: string }) => Promise<void> {
  const lake = openLocalLake({ root: directoryOf(url), url });
  return ({ key, token }) => copyInput(lake, key, token);
}

/** What only a directory can do: be watched, have uploads under way, and leave things behind after a thread. */
export interface Watchable {
  /** Throws `busy` while another process watches. The returned function gives the claim back. */
  claim(): () => void;
  watch(prefixes: readonly string[], events: WatcherEvents): Promise<Watcher>;
  /** Keys of those objects that are still being written. Times in milliseconds. */
  unfinished(objects: readonly ObjectInfo[], settleMs: number, now: number): ReadonlySet<string>;
  clearAfterThread(thread: number): void;
}

/** Null for a store that shows only whole objects and has nothing to watch: there, listing at an interval is all. */
export function openWatchable(url: string): Watchable | null {
  if (isBucket(url)) return null;
  const root = resolve(directoryOf(url));
  return {
    claim: () => claimRole(root, "watch", url),
    async watch(prefixes, events) {
      const { createWatcher } = await import("./watcher.ts");
      return createWatcher(root, prefixes, events);
    },
    unfinished: (objects, settleMs, now) => unfinishedUploads(root, objects, settleMs, now),
    clearAfterThread: (thread) => clearAfterThread(root, thread),
  };
}

/** The same lake's URL, whatever the current directory is. */
export function absoluteUrl(url: string, cwd: string): string {
  return isBucket(url) ? url : resolve(cwd, directoryOf(url));
}

function isBucket(url: string): boolean {
  return /^s3:/i.test(url);
}

/** The directory that a lake's URL names. Throws `usage` where it names none. */
export function directoryOf(url: string): string {
  if (isBucket(url)) throw cannotOpen(url, "this version works on directories only");
  if (!/^file:/i.test(url)) return url;
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw cannotOpen(url, "it names no file of this machine", error);
  }
}

function cannotOpen(url: string, why: string, cause?: unknown): VantageflowError {
  return new VantageflowError("usage", `Cannot open ${JSON.stringify(url)}: ${why}. Use --lake <dir>.`, { cause });
}
