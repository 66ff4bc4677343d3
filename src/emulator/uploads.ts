import type { Work } from "../functions/plan.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";

/** Between two looks at uploads that are under way: first, and at most. Milliseconds. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 1000;
/** A look may take this share of the time until the next. */
const SHARE = 20;

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
  const waiting = new Map<string, { readonly work: Work; readonly looks: number }>();
  let timer: NodeJS.Timeout | undefined;
  let pause = FIRST_LOOK_MS;

  function look(works: readonly Work[]): void {
    const open = works.length === 0 ? new Set() : unfinished(works.map(({ object }) => object));
    for (const work of works) {
      const { key } = work.object;
      if (!open.has(key)) {
        waiting.delete(key);
        onComplete(work);
      } else {
        // Said at the second look: a draft of another vantageflow is open for an instant after it is in place.
        const looks = (waiting.get(key)?.looks ?? 0) + 1;
        waiting.set(key, { work, looks });
        if (looks === 2) onWaiting(key);
      }
    }
    if (waiting.size > 0 && timer === undefined) schedule();
  }

  function schedule(): void {
    timer = setTimeout(async () => {
      const started = performance.now();
      await lookAgain();
      timer = undefined;
      pause = Math.max(Math.min(pause * 1.5, LONGEST_LOOK_MS), (performance.now() - started) * SHARE);
      if (waiting.size > 0) schedule();
      else pause = FIRST_LOOK_MS;
    }, pause);
  }

  /** What is gone by now was a temporary name; what has grown is looked at as it is. */
  async function lookAgain(): Promise<void> {
    const works: Work[] = [];
    for (const [key, { work }] of [...waiting]) {
      const object = await storage.head(key).catch(() => work.object);
      if (object === null) waiting.delete(key);
      else works.push({ ...work, object });
    }
    look(works);
  }

  return {
    consider(works) {
      pause = FIRST_LOOK_MS;
      look(works);
    },
    stop() {
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
