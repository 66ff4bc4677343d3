import type { GlobalFlags, Io } from "./io.ts";

/** Silent before this, so that quick work leaves no trace. */
const PATIENCE_MS = 1000;
const BETWEEN_MS = 100;

export interface Progress {
  /** Bytes of one object read so far. */
  readonly bytes: (key: string, bytes: number) => void;
  /** One more object is done. */
  readonly finished: (rows?: number) => void;
  readonly end: () => void;
}

/** A line on stderr that says how far long work is; only on a terminal, and never with `--quiet` or `--json`. */
export function createProgress(io: Io, flags: GlobalFlags): Progress {
  const shown = io.stderr.isTTY && !flags.quiet && !flags.json;
  const started = io.now();
  const inFlight = new Map<string, number>();
  let last = 0;
  let files = 0;
  let total = 0;
  let drawn = false;
  return {
    bytes(key, bytes) {
      total += bytes - (inFlight.get(key) ?? 0);
      inFlight.set(key, bytes);
      const now = io.now();
      if (!shown || now - started < PATIENCE_MS || now - last < BETWEEN_MS) return;
      last = now;
      drawn = true;
      const megabytes = total / 1e6;
      const rate = megabytes / ((now - started) / 1000);
      io.stderr.write(`\r\x1b[2K${files} files done, ${megabytes.toFixed(0)} MB read, ${rate.toFixed(0)} MB/s`);
    },
    finished() {
      files++;
    },
    end() {
      if (drawn) io.stderr.write("\r\x1b[2K");
    },
  };
}
