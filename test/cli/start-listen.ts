import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach } from "vitest";
import { CLI } from "./run-cli.ts";

/** A line of `listen --json`. */
interface Line {
  readonly type: "listening" | "flush" | "trouble" | "connected" | "death";
  readonly door?: string;
  readonly session?: string;
  readonly port?: number;
  readonly records?: number;
  readonly batches?: readonly string[];
  readonly message?: string;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** `listen` on `<cwd>/lake`, or another, as a process of its own, once it says that it listens: over HTTP, beside what flags ask for. */
export async function startListen(
  cwd: string,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
  lake = "lake",
  door: readonly string[] = ["--http", "0"],
) {
  const args = [CLI, "listen", lake, ...door, "--json", ...flags];
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } });
  children.push(child);
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const lines: Line[] = [];
  const said = { stderr: "" };
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((part) => JSON.parse(part) as Line));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  const doors = new Set(args.filter((arg) => ["--http", "--mqtt", "--kinesis"].includes(arg))).size;
  const listens = () => lines.filter(({ type }) => type === "listening").length === doors;
  while (!listens() && child.exitCode === null) await sleep(10);
  if (!listens()) throw new Error(`it never listened: ${said.stderr}`);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await closed;
    return code;
  };
  const until = async (is: (line: Line) => boolean) => {
    for (let waited = 0; !lines.some(is); waited += 10) {
      if (waited > 20_000) throw new Error(`it never said so: ${JSON.stringify(lines)} ${said.stderr}`);
      await sleep(10);
    }
  };
  const ended = closed.then(([code]) => code);
  return {
    port: Number(lines.find(({ door }) => door === "http")?.port),
    pid: Number(child.pid),
    lines,
    said,
    until,
    end,
    ended,
  };
}
