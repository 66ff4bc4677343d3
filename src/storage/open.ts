import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { VantageflowError } from "../errors.ts";
import { claimRole } from "./local/claim.ts";
import { unfinishedUploads } from "./local/unfinished.ts";
import { clearAfterThread, createLocalStorage } from "./local.ts";
import type { LakeStorage, ObjectInfo } from "./port.ts";
import type { Watcher, WatcherEvents } from "./watcher.ts";

/** Opens the lake of a URL or directory: the only place that chooses an adapter. Throws `usage`. */
export function openStorage(url: string): LakeStorage {
  return createLocalStorage({ root: directoryOf(url), url });
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

/** False for a directory that is not there. A bucket that is not says so itself, when it is read. */
export function isThere(url: string): boolean {
  return isBucket(url) || existsSync(directoryOf(url));
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
