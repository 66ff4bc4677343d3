import { planRun, type Work } from "../ledger/pending.ts";
import type { LakeStorage } from "../storage/port.ts";

export interface SweepsOptions {
  readonly storage: LakeStorage;
  /** Milliseconds between two sweeps, at least. */
  readonly intervalMs: number;
  /** How many times longer than the last sweep took the pause is at least: an idle watch costs next to nothing. */
  readonly rest: () => number;
  readonly onWork: (works: readonly Work[]) => void;
  readonly onIgnored: (key: string, reason: string) => void;
  /** The lake could not be listed; the next sweep tries again. */
  readonly onTrouble: (error: unknown) => void;
}

/** Listings of the lake at an interval: what has no receipt is work, whatever became of its event. */
export interface Sweeps {
  /** Sweeps now, and from then on at the interval. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

export function createSweeps(options: SweepsOptions): Sweeps {
  const { storage } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let stopped = false;

  async function list(): Promise<void> {
    const { work, ignored } = await planRun(storage);
    for (const { key, reason } of ignored) options.onIgnored(key, reason);
    options.onWork(work);
  }

  async function run(): Promise<void> {
    const started = performance.now();
    await list().catch(options.onTrouble);
    const pause = Math.max(options.intervalMs, (performance.now() - started) * options.rest());
    if (!stopped) timer = setTimeout(() => void sweep(), pause);
  }

  function sweep(): Promise<void> {
    clearTimeout(timer);
    running ??= run().finally(() => {
      running = null;
    });
    return running;
  }

  return {
    sweep,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
