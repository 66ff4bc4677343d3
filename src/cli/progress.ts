import type { GlobalFlags, Io } from "./io.ts";

/** Silent before this, so that quick work leaves no trace. */
const PATIENCE_MS = 1000;
const BETWEEN_MS = 100;
const BAR_CELLS = 20;

export interface Progress {
  /** So much work is known of. */
  readonly expect: (files: number, bytes: number) => void;
  /** Bytes and rows of one object read so far. */
  readonly read: (key: string, bytes: number, rows: number) => void;
  /** One more object is done. */
  readonly finished: () => void;
  readonly end: () => void;
}

/** A line on stderr that says how far long work is; only on a terminal, and never with `--quiet` or `--json`. */
export function createProgress(io: Io, flags: GlobalFlags): Progress {
  const shown = io.stderr.isTTY && !flags.quiet && !flags.json;
  const started = io.now();
  const inFlight = new Map<string, { bytes: number; rows: number }>();
  const total = { files: 0, bytes: 0 };
  const done = { files: 0, bytes: 0, rows: 0 };
  let last = 0;
  let drawn = false;
  return {
    expect(files, bytes) {
      total.files += files;
      total.bytes += bytes;
    },
    read(key, bytes, rows) {
      const before = inFlight.get(key);
      done.bytes += bytes - (before?.bytes ?? 0);
      done.rows += rows - (before?.rows ?? 0);
      inFlight.set(key, { bytes, rows });
      const now = io.now();
      if (!shown || now - started < PATIENCE_MS || now - last < BETWEEN_MS) return;
      last = now;
      drawn = true;
      io.stderr.write(`\r\x1b[2K${progressLine(done, total, (now - started) / 1000)}`);
    },
    finished() {
      done.files++;
    },
    end() {
      if (drawn) io.stderr.write("\r\x1b[2K");
    },
  };
}

interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** `[#####---------------] 1/3 files  1.2 M rows  120 MB  95 MB/s  3 s left`. The bar needs a known total; copying has no rows. */
export function progressLine(done: Amount & { readonly rows: number }, total: Amount, seconds: number): string {
  const rate = done.bytes / seconds;
  const parts = [
    `${done.files}/${total.files} files`,
    ...(done.rows === 0 ? [] : [`${(done.rows / 1e6).toFixed(1)} M rows`]),
    `${Math.round(done.bytes / 1e6)} MB`,
    `${Math.round(rate / 1e6)} MB/s`,
  ];
  if (total.bytes === 0) return parts.join("  ");
  const share = Math.min(1, done.bytes / total.bytes);
  const cells = Math.round(share * BAR_CELLS);
  const left = Math.ceil(Math.max(0, total.bytes - done.bytes) / rate);
  return `[${"#".repeat(cells)}${"-".repeat(BAR_CELLS - cells)}] ${parts.join("  ")}  ${left} s left`;
}
