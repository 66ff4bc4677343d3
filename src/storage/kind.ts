import type { SweepOptions, Swept } from "./local/side-files.ts";
import type { Claims, LakeStorage, LakeVersions, ObjectInfo } from "./port.ts";
import type { Watcher, WatcherEvents } from "./watcher.ts";

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

/** How an input that was processed is kept, see {@link StoreKind.openInputCopies}. */
export type KeepInput = (input: { readonly key: string; readonly token: string }) => Promise<void>;

/** What whoever opens a store can give it. */
export interface StoreOptions {
  /** The script of the thread that hashes large files while they are written; absent where one thread does it all. */
  readonly digestScript?: URL | undefined;
}

/** A kind of place that a lake can be at, and all that is asked of one by its URL: a new store is one of these. */
export interface StoreKind {
  /** Whether a URL names such a place. */
  readonly isOf: (url: string) => boolean;
  /** Throws `usage`, as all of these do for a URL that is none. */
  readonly openStorage: (url: string, options?: StoreOptions) => LakeStorage;
  /** What the lake retains of overwritten and removed objects. */
  readonly openVersions: (url: string) => LakeVersions;
  /** The same where it tells what vantageflow itself has removed; null where removals do not say who did. */
  readonly openRemovals: (url: string) => LakeVersions | null;
  /** Removes metadata whose object is gone. */
  readonly sweepMetadata: (url: string, options: SweepOptions) => Promise<Swept>;
  /**
   * How the lake keeps a copy of an input that was processed (the setting `copyInputs`), so that it can be restored after a
   * foreign program has overwritten it. Does nothing for a version that is no longer current.
   */
  readonly openInputCopies: (url: string) => KeepInput;
  /** How those who work on one lake share its work. */
  readonly openClaims: (url: string) => Claims;
  /** Null for a store that shows only whole objects and has nothing to watch: there, listing at an interval is all. */
  readonly openWatchable: (url: string) => Watchable | null;
  /**
   * Throws `storage_failed` for a place that is there and cannot be seen whole: what is taken for an empty layer, and is a
   * link, a file or unreadable. `folders` are the prefixes of the layers.
   */
  readonly checkFolders: (url: string, folders: readonly string[]) => void;
  /** False for a place that is not there, or has not this folder. */
  readonly isThere: (url: string, folder: string) => boolean;
  /** The folder of a lake that no listing shows, for what is its own; null for a store that is no folder of this machine. */
  readonly privateFolder: (url: string) => string | null;
}
