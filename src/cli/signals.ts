import { type GlobalFlags, type Io, notice } from "./io.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Calls `first` with the exit code when SIGINT or SIGTERM asks to stop; a second signal ends the process. Returns what ends this. */
function onSignals(first: (code: number) => void): () => void {
  let asked = false;
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (asked) process.exit(EXIT_CODES[signal]);
    asked = true;
    first(EXIT_CODES[signal]);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
}

function tellFinishing(io: Io, flags: GlobalFlags): void {
  notice(io, flags, "Finishing what is in flight; once more to stop at once.");
}

/**
 * Runs work that can be asked to stop: after SIGINT or SIGTERM it starts nothing new and finishes what is in flight. A
 * second signal ends the process at once, which loses nothing either: every write is atomic.
 */
export async function interruptible<T>(
  io: Io,
  flags: GlobalFlags,
  work: (stopped: () => boolean) => Promise<T>,
): Promise<{ results: T; interrupted: number | null }> {
  let interrupted: number | null = null;
  const end = onSignals((code) => {
    interrupted = code;
    tellFinishing(io, flags);
  });
  try {
    return { results: await work(() => interrupted !== null), interrupted };
  } finally {
    end();
  }
}

/** Settles with the exit code once SIGINT or SIGTERM asks to stop; the second one ends the process at once. */
export function untilSignal(io: Io, flags: GlobalFlags): Promise<number> {
  return new Promise((resolve) => {
    onSignals((code) => {
      tellFinishing(io, flags);
      resolve(code);
    });
  });
}

/**
 * Runs work that ends at once when it is told to: after SIGINT or SIGTERM what it has given to `onBreak` is called, and whatever it
 * throws then is no failure. A second signal ends the process.
 */
export async function breakable(
  work: (stopped: () => boolean, onBreak: (end: () => void) => void) => Promise<void>,
): Promise<{ interrupted: number | null }> {
  let interrupted: number | null = null;
  let breakOff = () => {};
  const end = onSignals((code) => {
    interrupted = code;
    breakOff();
  });
  try {
    await work(
      () => interrupted !== null,
      (given) => {
        breakOff = given;
      },
    );
  } catch (error) {
    if (interrupted === null) throw error;
  } finally {
    end();
  }
  return { interrupted };
}
