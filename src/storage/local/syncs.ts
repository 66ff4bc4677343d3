import { closeSync, fsync, openSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { cannotSyncDirectory, makeDirectory } from "./files.ts";

const onPool: (fd: number) => Promise<void> = promisify(fsync);

/**
 * Makes files and folders durable, in groups: what is asked for while one group is under way waits for the next, and a
 * folder that several ask for is synced once. A journalling file system takes hardly longer for a group than for a file.
 */
export interface Syncs {
  /** The bytes of an open file. */
  file(fd: number): Promise<void>;
  /** The entries of these folders, and those of the folders above them that {@link makeFolder} made and nobody has synced. */
  folders(dirs: readonly string[]): Promise<void>;
  /** Makes a folder and those above it. */
  makeFolder(dir: string): void;
}

interface Asked {
  readonly work: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createSyncs(): Syncs {
  let asked: Asked[] = [];
  /** Those of the group that gathers. */
  let gathered = new Map<string, Promise<void>>();
  let running = false;
  /** Folders with an entry for a new folder that nobody has made durable, by how many there have been. */
  const unsynced = new Map<string, number>();
  let made = 0;

  function ask(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      asked.push({ work, resolve, reject });
      if (!running) void run();
    });
  }

  async function run(): Promise<void> {
    running = true;
    // Who is at the same point in this turn of the event loop joins the group.
    await new Promise((next) => setImmediate(next));
    while (asked.length > 0) {
      const group = asked;
      asked = [];
      gathered = new Map();
      await Promise.all(group.map(({ work, resolve, reject }) => work().then(resolve, reject)));
    }
    running = false;
  }

  function folder(dir: string): Promise<void> {
    const known = gathered.get(dir);
    if (known !== undefined) return known;
    const synced = ask(async () => {
      const seen = unsynced.get(dir);
      await syncFolder(dir);
      if (unsynced.get(dir) === seen) unsynced.delete(dir);
    });
    gathered.set(dir, synced);
    return synced;
  }

  function* withNewParents(dir: string): Generator<string> {
    yield dir;
    if (unsynced.size === 0) return;
    for (let parent = dirname(dir); parent !== dirname(parent); parent = dirname(parent)) {
      if (unsynced.has(parent)) yield parent;
    }
  }

  return {
    file: (fd) => ask(() => onPool(fd)),
    async folders(dirs) {
      const all = new Set(dirs.flatMap((dir) => [...withNewParents(dir)]));
      await Promise.all([...all].map(folder));
    },
    makeFolder(dir) {
      for (const changed of makeDirectory(dir)) unsynced.set(changed, ++made);
    },
  };
}

async function syncFolder(dir: string): Promise<void> {
  try {
    const fd = openSync(dir, "r");
    try {
      await onPool(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!cannotSyncDirectory(error)) throw error;
  }
}
