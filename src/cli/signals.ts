import { type GlobalFlags, type Io, notice } from "./io.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

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
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (interrupted !== null) process.exit(EXIT_CODES[signal]);
    interrupted = EXIT_CODES[signal];
    notice(io, flags, "Finishing what is in flight; once more to stop at once.");
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return { results: await work(() => interrupted !== null), interrupted };
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

/** Settles with the exit code once SIGINT or SIGTERM asks to stop; the second one ends the process at once. */
export function untilSignal(io: Io, flags: GlobalFlags): Promise<number> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: keyof typeof EXIT_CODES) => {
      if (asked) process.exit(EXIT_CODES[signal]);
      asked = true;
      notice(io, flags, "Finishing what is in flight; once more to stop at once.");
      resolve(EXIT_CODES[signal]);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
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
  let end = () => {};
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (interrupted !== null) process.exit(EXIT_CODES[signal]);
    interrupted = EXIT_CODES[signal];
    end();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    await work(
      () => interrupted !== null,
      (given) => {
        end = given;
      },
    );
  } catch (error) {
    if (interrupted === null) throw error;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
  return { interrupted };
}
