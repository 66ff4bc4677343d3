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
  /** Has a sweep begin soon: one that is running may have listed already what has changed just now. */
  soon(): void;
  stop(): Promise<void>;
}

/** Until the sweep that {@link Sweeps.soon} asks for: changes come in swarms. Milliseconds. */
const SOON_MS = 50;

export function createSweeps(options: SweepsOptions): Sweeps {
  const { storage } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let stopped = false;
  let again = false;

  async function list(): Promise<void> {
    const { work, ignored } = await planRun(storage);
    for (const { key, reason } of ignored) options.onIgnored(key, reason);
    options.onWork(work);
  }

  async function run(): Promise<void> {
    const started = performance.now();
    again = false;
    await list().catch(options.onTrouble);
    const took = performance.now() - started;
    // Asked for while it ran, the next one waits for as long as this one took: no swarm keeps a lake listed all the time.
    arm(again ? SOON_MS + took : Math.max(options.intervalMs, took * options.rest()));
  }

  function arm(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void sweep(), ms);
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
    soon() {
      if (again) return;
      again = true;
      if (running === null) arm(SOON_MS);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
