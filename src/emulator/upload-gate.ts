import type { Work } from "../ledger/pending.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

/** Between two looks at uploads that are under way: first, and at most. Milliseconds. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 1000;
/** The pause after a look is at least so many times as long as the look took. */
const REST = 20;

export interface UploadsOptions {
  readonly storage: LakeStorage;
  /** Keys of those that are still being written. */
  readonly unfinished: (objects: readonly ObjectInfo[]) => ReadonlySet<string>;
  /** Its upload is complete. */
  readonly onComplete: (work: Work) => void;
  /** Its upload is under way; said once. */
  readonly onWaiting: (key: string) => void;
}

/** The gate in front of the functions: a file passes when its upload is complete. */
export interface Uploads {
  consider(works: readonly Work[]): void;
  stop(): void;
}

export function createUploads({ storage, unfinished, onComplete, onWaiting }: UploadsOptions): Uploads {
  /** Not looked at yet, by key. */
  let fresh = new Map<string, Work>();
  const waiting = new Map<string, { readonly work: Work; readonly looks: number }>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let stopped = false;
  let pause = FIRST_LOOK_MS;
  /** A look goes through all processes of the machine: a swarm of files must not become a swarm of looks. */
  let restUntil = 0;

  function arm(): void {
    clearTimeout(timer);
    if (stopped || looking || fresh.size + waiting.size === 0) return;
    const rest = restUntil - performance.now();
    timer = setTimeout(() => void look(), Math.max(0, rest, fresh.size > 0 ? 0 : pause));
  }

  async function look(): Promise<void> {
    looking = true;
    const taken = fresh;
    fresh = new Map();
    const again = await stillThere(taken);
    sort([...taken.values(), ...again]);
    pause = fresh.size > 0 || waiting.size === 0 ? FIRST_LOOK_MS : Math.min(pause * 1.5, LONGEST_LOOK_MS);
    looking = false;
    arm();
  }

  /** What is gone by now was a temporary name; what has grown is looked at as it is. */
  async function stillThere(newer: ReadonlyMap<string, Work>): Promise<Work[]> {
    const works: Work[] = [];
    for (const [key, { work }] of [...waiting]) {
      if (newer.has(key)) continue;
      const object = await storage.head(key).catch(() => work.object);
      if (object === null) waiting.delete(key);
      else works.push({ ...work, object });
    }
    return works;
  }

  function sort(works: readonly Work[]): void {
    if (works.length === 0 || stopped) return;
    const started = performance.now();
    const open = unfinishedOf(works);
    restUntil = performance.now() + (performance.now() - started) * REST;
    for (const work of works) {
      const { key } = work.object;
      if (open.has(key)) wait(key, work);
      else {
        waiting.delete(key);
        onComplete(work);
      }
    }
  }

  /** What cannot be looked at just now (a folder that may not be read) is let through: the function says what is wrong. */
  function unfinishedOf(works: readonly Work[]): ReadonlySet<string> {
    try {
      return unfinished(works.map(({ object }) => object));
    } catch {
      return new Set();
    }
  }

  function wait(key: string, work: Work): void {
    // Said at the second look: a draft of another vantageflow is open for an instant after it is in place.
    const looks = (waiting.get(key)?.looks ?? 0) + 1;
    waiting.set(key, { work, looks });
    if (looks === 2) onWaiting(key);
  }

  return {
    consider(works) {
      for (const work of works) fresh.set(work.object.key, work);
      arm();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
