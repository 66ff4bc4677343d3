import { realpathSync, type Stats } from "node:fs";
import { join, relative, sep } from "node:path";
import { watch } from "chokidar";

export interface WatcherEvents {
  /** Something happened to the object of this key, or to what is named like it. */
  readonly onKey: (key: string) => void;
  /** A folder appeared: what was put into it before it was watched has no event of its own. Or it went: what stands there now may be no folder. */
  readonly onFolder: (prefix: string) => void;
  /** The system cannot watch (ENOSPC: no more watches) or stopped to. Hints may be missing from now on. */
  readonly onTrouble: (error: Error & { code?: string }) => void;
}

export interface Watcher {
  /** Settles when the folders that there are at the start are watched. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/**
 * Watches the folders of these prefixes in a local lake (made before, and found again when they are removed and made
 * again) and says what may have changed. Its word is a hint: events come late, twice or not at
 * all, and only a listing tells the truth.
 *
 * Only folders are given to the system to watch, for they report what happens to the files in them: a lake of 10,000
 * objects costs some folders, not 10,000 watches. chokidar's `raw` event is the folder's own report.
 */
export function createWatcher(dir: string, prefixes: readonly string[], events: WatcherEvents): Watcher {
  // A lake may be a link to another disk; links within it are not followed.
  const root = realpathSync(dir);
  const isWatched = (key: string) => key === "" || prefixes.some((prefix) => `${key}/`.startsWith(prefix));
  const keyOf = (path: string) => relative(root, path).split(sep).join("/");
  const watcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path: string, stats?: Stats) => stats?.isDirectory() === false || !isWatched(keyOf(path)),
  });
  watcher.on("raw", (_event, name, details) => {
    const { watchedPath } = details as { watchedPath?: string };
    if (watchedPath !== undefined && name) events.onKey(keyOf(join(watchedPath, name)));
  });
  watcher.on("addDir", (path) => events.onFolder(`${keyOf(path)}/`));
  watcher.on("unlinkDir", (path) => events.onFolder(`${keyOf(path)}/`));
  watcher.on("error", (error) => events.onTrouble(error as Error));
  const ready = new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  return { ready, close: () => watcher.close() };
}
