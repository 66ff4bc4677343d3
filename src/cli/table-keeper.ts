/** Work is over for now when nothing has come for this long. */
const QUIET_MS = 10_000;
/** So long at most the table waits where something comes all the time. */
const MOST_MS = 60_000;
/** A sync looks at all of the lake: of the time at most one part in so many goes into it. */
const SHARE = 5;

export interface TableKeeper {
  /** Something was done that the table does not have yet. */
  noticed(): void;
  /** Begins nothing any more, and settles when what goes on has ended. */
  stop(): Promise<void>;
}

export interface KeeperOptions {
  /** Brings the table to what there is; true from `stopped` makes what has been read the last commit. Never throws. */
  readonly keep: (stopped: () => boolean) => Promise<void>;
  /** Milliseconds, of a clock that timers go by. */
  readonly now: () => number;
}

/** Keeps a table fresh while others work: once they have been quiet for ten seconds, or a minute has passed. */
export function createTableKeeper({ keep, now }: KeeperOptions): TableKeeper {
  let first: number | null = null;
  let last = 0;
  let notBefore = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;

  function schedule(): void {
    clearTimeout(timer);
    if (first === null || isStopped || running !== null) return;
    const due = Math.max(Math.min(last + QUIET_MS, first + MOST_MS), notBefore);
    timer = setTimeout(run, Math.max(0, due - now()));
    timer.unref();
  }

  function run(): void {
    first = null;
    const began = now();
    running = keep(() => isStopped).finally(() => {
      running = null;
      notBefore = now() + (now() - began) * (SHARE - 1);
      schedule();
    });
  }

  return {
    noticed() {
      last = now();
      first ??= last;
      schedule();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
