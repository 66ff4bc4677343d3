import { hasReceipt } from "../functions/handler.ts";
import { litterOf } from "../ledger/litter.ts";
import type { Work } from "../ledger/pending.ts";
import type { LakeStorage } from "../storage/port.ts";
import { triggeredBy } from "../topology.ts";

/** Hints come in swarms; this long they are gathered. Milliseconds. */
const GATHER_MS = 10;
/** What is put into a new folder before it is watched has no event: the folder is listed again after this. */
const SECOND_LIST_MS = 1000;
/** Hints looked at between two breaths. */
const PER_TURN = 200;

export interface HintsOptions {
  readonly storage: LakeStorage;
  readonly onWork: (works: readonly Work[]) => void;
  /** A name that no trigger matches. */
  readonly onOther: (key: string) => void;
  /** The lake could not be read: nothing is known of what was hinted at. */
  readonly onTrouble: (error: unknown) => void;
}

/** Turns what a watcher says into work: what is there, has a trigger, and has no receipt for this version. */
export interface Hints {
  readonly onKey: (key: string) => void;
  readonly onFolder: (prefix: string) => void;
  stop(): void;
}

export function createHints({ storage, onWork, onOther, onTrouble }: HintsOptions): Hints {
  const keys = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let gathering = false;
  let stopped = false;

  function later(ms: number, work: () => Promise<void>): void {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      work().catch(onTrouble);
    }, ms);
    timers.add(timer);
  }

  async function workOf(key: string): Promise<Work | null> {
    if (litterOf(key) !== null) return null;
    const id = triggeredBy(key);
    if (id === null) {
      onOther(key);
      return null;
    }
    const object = await storage.head(key);
    return object === null || (await hasReceipt(storage, id, object)) ? null : { function: id, object };
  }

  async function lookAt(hinted: readonly string[]): Promise<void> {
    for (let from = 0; from < hinted.length && !stopped; from += PER_TURN) {
      const works: Work[] = [];
      for (const key of hinted.slice(from, from + PER_TURN)) {
        // A link or an odd name: the sweep says what it is.
        const work = await workOf(key).catch(() => null);
        if (work !== null) works.push(work);
      }
      if (works.length > 0) onWork(works);
      await new Promise((next) => setImmediate(next));
    }
  }

  async function list(prefix: string): Promise<void> {
    const found: string[] = [];
    for await (const { key } of storage.list(prefix)) found.push(key);
    await lookAt(found);
  }

  return {
    onKey(key) {
      keys.add(key);
      if (gathering) return;
      gathering = true;
      later(GATHER_MS, async () => {
        gathering = false;
        const hinted = [...keys];
        keys.clear();
        await lookAt(hinted);
      });
    },
    onFolder(prefix) {
      later(0, () => list(prefix));
      later(SECOND_LIST_MS, () => list(prefix));
    },
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
