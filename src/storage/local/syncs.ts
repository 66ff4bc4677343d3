import { closeSync, fsync, openSync } from "node:fs";
import { dirname, sep } from "node:path";
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
  /** The entries of these folders, and once in a process those of the folders above them, up to the lake: whoever made them. */
  folders(dirs: readonly string[]): Promise<void>;
  /** Makes a folder and those above it. */
  makeFolder(dir: string): void;
}

/** Folders remembered; what is forgotten is synced once more. */
const MAX_KNOWN = 4096;

interface Asked {
  readonly work: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Of a lake with this root. */
export function createSyncs(root: string): Syncs {
  let asked: Asked[] = [];
  /** Those of the group that gathers. */
  let gathered = new Map<string, Promise<void>>();
  let running = false;
  /** Folders of which this process knows that they are where they are for good: it has synced what is above them since. */
  const durable = new Set<string>();
  /** Folders above the lake in which an entry was made. */
  const above = new Set<string>();

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
    const synced = ask(() => syncFolder(dir));
    gathered.set(dir, synced);
    return synced;
  }

  /** This folder and those above it that somebody may have made, another process too, and not made durable yet. */
  function* uncertain(dir: string): Generator<string> {
    for (let one = dir; one !== root && !durable.has(one) && one.length > root.length; one = dirname(one)) yield one;
  }

  const isInLake = (dir: string) => dir === root || dir.startsWith(`${root}${sep}`);

  return {
    file: (fd) => ask(() => onPool(fd)),
    async folders(dirs) {
      const made = new Set(dirs.flatMap((dir) => [...uncertain(dir)]));
      const outside = [...above];
      const all = new Set([...dirs, ...[...made].map((dir) => dirname(dir)), ...outside]);
      await Promise.all([...all].map(folder));
      if (durable.size > MAX_KNOWN) durable.clear();
      for (const dir of made) durable.add(dir);
      for (const dir of outside) above.delete(dir);
    },
    makeFolder(dir) {
      const changed: string[] = [];
      try {
        makeDirectory(dir, changed);
      } finally {
        for (const parent of changed) if (!isInLake(parent)) above.add(parent);
        // In the first there was one made; the others, and this one, are new.
        for (const made of [...changed.slice(1), dir]) durable.delete(made);
      }
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
