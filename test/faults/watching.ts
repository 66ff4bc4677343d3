import { type ChildProcess, spawn } from "node:child_process";
import { CLI } from "../cli/run-cli.ts";

/** A line of `watch --json`. */
interface Line {
  readonly type: "watching" | "batch" | "table" | "detections" | "waiting" | "ignored" | "retry" | "alarm" | "trouble";
  readonly key?: string;
  readonly outcome?: string;
  readonly rows_in?: number;
  readonly how?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly found?: number;
}

export interface Watch {
  readonly pid: number;
  readonly lines: readonly Line[];
  /** Batches of this key so far. */
  batches(key: string): readonly Line[];
  /** Resolves when `isSeen` holds; rejects, when nothing is said for a while, with all that was. */
  until(isSeen: () => boolean, what: string): Promise<void>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Without a word of the watch, it hangs. */
const PATIENCE_MS = 60_000;

/** Starts `watch` on `<cwd>/lake` and waits until it says that it watches. */
export async function startWatch(
  cwd: string,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Watch> {
  const child = spawn(process.execPath, [CLI, "watch", "--lake", "lake", "--json", ...flags], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Line[] = [];
  let [rest, errors] = ["", ""];
  let heard = performance.now();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    heard = performance.now();
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((part) => JSON.parse(part) as Line));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = endOf(child);
  const watch: Watch = {
    pid: child.pid ?? 0,
    lines,
    batches: (key) => lines.filter((line) => line.type === "batch" && line.key === key),
    async until(isSeen, what) {
      const asked = performance.now();
      while (!isSeen()) {
        const isOver = child.exitCode !== null || child.signalCode !== null;
        if (isOver || performance.now() - Math.max(asked, heard) > PATIENCE_MS) {
          const said = lines.map((line) => JSON.stringify(line)).join("\n");
          throw new Error(`never saw ${what}; exit ${child.exitCode}; ${errors}\n${said.slice(-4000)}`);
        }
        await new Promise((next) => setTimeout(next, 20));
      }
    },
    async end(signal = "SIGINT") {
      child.kill(signal);
      return ended;
    },
  };
  await watch.until(() => lines.some(({ type }) => type === "watching"), "that it watches");
  return watch;
}

function endOf(child: ChildProcess) {
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
}
