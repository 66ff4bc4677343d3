import { createHash, randomUUID } from "node:crypto";
import { linkSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VantageflowError } from "../../errors.ts";
import { isCode } from "./errors.ts";
import { makeDirectory, namesIn, removeFile } from "./files.ts";
import { isDead, type Owner, ownerOf } from "./owner.ts";
import type { Temporary } from "./temporary.ts";

const PATIENCE_MS = 10_000;
const LONGEST_PAUSE_MS = 50;
const READER_PATIENCE_MS = 1000;

interface Holder extends Owner {
  readonly nonce: string;
}

/**
 * What a lock reads as whose content a power loss took: locks appear whole, so nothing else empties one, and no owner
 * outlives a power loss.
 */
const UNREADABLE: Holder = { host: "", boot: "", space: "", pid: 0, start: "", thread: 0, nonce: "unreadable" };

/** Per-key locks between the processes that work on one lake: the "compare" and the "swap" of a commit belong together. */
export interface Locks {
  /** Runs `work` while nobody else holds the key's lock. Throws `storage_failed` after ten seconds of waiting. */
  hold<T>(key: string, work: () => T): Promise<T>;
  /** Settles when nobody who lives holds the key's lock, or after a second. Writes nothing: readers may wait, too. */
  quiet(key: string): Promise<void>;
  /** Takes a lock by its name and keeps it until the returned function is called; or says who has it. */
  claim(name: string): (() => void) | Owner;
  /** Breaks the locks of holders that are known to be gone. */
  clear(isGone: (owner: Owner) => boolean): void;
  /** Removes the file that names this holder. It is made again when it is needed again. */
  close(): void;
}

/** Takes the lock or claim at a path; false when somebody has it. */
type Take = (path: string) => boolean;

/**
 * A lock is a link to the one file of its holder: it appears with its content, so nobody ever reads half a lock, and it
 * costs no inode (ext4 gets slow when many were freed in the last seconds). `owners` is where those files are.
 */
export function createLocks(dir: string, owners: Temporary): Locks {
  let made = false;
  let file: string | null = null;

  function take(path: string): boolean {
    file ??= owners.write(Buffer.from(JSON.stringify({ ...ownerOf(), nonce: randomUUID() } satisfies Holder)));
    try {
      linkSync(file, path);
      return true;
    } catch (error) {
      if (isCode(error, "EEXIST")) return false;
      file = null;
      throw error;
    }
  }

  const pathOf = (key: string) => join(dir, `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.lock`);

  function prepare(): void {
    if (made) return;
    makeDirectory(dir);
    breakLocks(dir, take, isGone);
    made = true;
  }

  return {
    async hold(key, work) {
      prepare();
      const path = pathOf(key);
      await acquire(path, key, take);
      try {
        return work();
      } finally {
        removeFile(path);
      }
    },
    async quiet(key) {
      let waited = 0;
      for (let pause = 1; waited < READER_PATIENCE_MS; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        const holder = readHolder(pathOf(key));
        if (holder === null || isGone(holder)) return;
        await sleep(pause);
        waited += pause;
      }
    },
    claim(name) {
      prepare();
      const path = join(dir, `${name}.lock`);
      for (;;) {
        if (take(path)) return () => removeFile(path);
        const holder = readHolder(path);
        if (holder === null || (isGone(holder) && breakLock(path, holder, take))) continue;
        return holder;
      }
    },
    clear(isGone) {
      breakLocks(dir, take, isGone);
    },
    close() {
      if (file !== null) removeFile(file);
      file = null;
    },
  };
}

/** Nobody may ever write the keys again whose locks a killed process left. */
function breakLocks(dir: string, take: Take, isGone: (holder: Holder) => boolean): void {
  for (const name of namesIn(dir)) {
    if (!name.endsWith(".lock")) continue;
    const path = join(dir, name);
    const holder = readHolder(path);
    if (holder !== null && isGone(holder)) breakLock(path, holder, take);
  }
}

async function acquire(path: string, key: string, take: Take): Promise<void> {
  let waited = 0;
  for (let pause = 1; !take(path); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const holder = readHolder(path);
    if (holder !== null && isGone(holder) && breakLock(path, holder, take)) continue;
    if (waited > PATIENCE_MS) {
      const who = holder === null ? "somebody" : `process ${holder.pid} on ${holder.host}`;
      const why = `${who} holds its lock for more than ${PATIENCE_MS / 1000} s. Stop that process, or remove "${path}"`;
      throw new VantageflowError("storage_failed", `Cannot write "${key}": ${why}.`, { key });
    }
    await sleep(pause);
    waited += pause;
  }
}

function isGone(holder: Holder): boolean {
  return holder.nonce === UNREADABLE.nonce || isDead(holder);
}

/** Null when it is gone by now. */
function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    if (error instanceof SyntaxError) return UNREADABLE;
    throw error;
  }
}

/**
 * Removes the lock of a process that is gone. Of several who want to, only the one that creates the claim on exactly
 * this holder may; when that one dies too, the next claim has a higher number. A nonce never comes back, so whoever
 * claims late finds another holder and leaves it alone. False while a claimant that lives is still at it: wait for it.
 */
function breakLock(path: string, dead: Holder, take: Take): boolean {
  for (let number = 1; ; number++) {
    const claim = `${path}.${dead.nonce}.${number}`;
    if (!take(claim)) {
      const claimant = readHolder(claim);
      if (claimant === null || !isGone(claimant)) return false;
      continue;
    }
    if (readHolder(path)?.nonce === dead.nonce) removeFile(path);
    for (let done = 1; done <= number; done++) removeFile(`${path}.${dead.nonce}.${done}`);
    return true;
  }
}
