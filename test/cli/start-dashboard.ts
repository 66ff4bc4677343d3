import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach } from "vitest";
import { ask } from "../dashboard/serving.ts";
import { CLI } from "./run-cli.ts";

export const TOKEN = "a-token-of-a-script-0123";
export const BEARER = { headers: { Authorization: `Bearer ${TOKEN}` } };
const LINK = /http:\/\/127\.0\.0\.1:(\d+)\/\?token=[\w-]+/g;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** The dashboard as a process of its own, once it has printed its link. */
export async function startDashboard(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const all = { ...process.env, VANTAGEFLOW_TOKEN: TOKEN, ...env };
  const child = spawn(process.execPath, [CLI, "dashboard", "--port", "0", ...args], { cwd, env: all });
  children.push(child);
  const closed = once(child, "close");
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  }
  const links = () => [...said.stderr.matchAll(LINK)];
  while (links().length === 0 && child.exitCode === null) await sleep(10);
  const port = Number(links()[0]?.[1]);
  const get = async (path: string) => {
    const { status, body } = await ask(port, `/api/v1${path}`, BEARER);
    return { status, document: JSON.parse(body) };
  };
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return (await closed)[0];
  };
  return { said, links, port, get, stop };
}
