import { execFileSync, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

export const CLI = resolve("dist/cli.js");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Call {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  /** Added to what the tests run in; undefined takes a variable out. */
  readonly env?: Record<string, string | undefined>;
}

const { FORCE_COLOR: _force, NO_COLOR: _no, ...inherited } = process.env;
export const INHERITED: Readonly<Record<string, string | undefined>> = inherited;

/** Runs the built command line as a user would, without a terminal. */
export function cli(args: readonly string[], call: Call): Promise<Ran> {
  return command(process.execPath, [CLI, ...args], call);
}

export function command(file: string, args: readonly string[], { cwd, input, env = {} }: Call): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env: { ...INHERITED, ...env } });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", fail);
    child.on("close", (code) => done({ code, stdout, stderr }));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** A line as a reader pastes it; one that runs until it is told to stop gets two seconds and a Ctrl-C. */
export async function pasted(line: string, call: Call): Promise<Ran & { readonly wanted: number }> {
  const follows = /\bvantageflow (watch|status --watch|dashboard|listen(?!.*&))\b/.test(line);
  if (!follows) return { ...(await command("bash", ["-c", line], call)), wanted: 0 };
  const args = ["--preserve-status", "--signal=INT", "2", "bash", "-c", `exec env ${line}`];
  return { ...(await command("timeout", args, call)), wanted: 130 };
}

/** The command line on a terminal of its own (util-linux `script`). */
export function onTerminal(line: string, cwd: string, env: Record<string, string> = {}): string {
  const shell = `${process.execPath} ${CLI} ${line}`;
  return execFileSync("script", ["-qec", shell, "/dev/null"], {
    cwd,
    env: { ...INHERITED, TERM: "xterm", ...env },
    encoding: "utf8",
  });
}

/** The command line on a terminal of its own; the answer is typed once it asks. */
export function typed(line: string, cwd: string, answer: string): Promise<{ code: number; output: string }> {
  const shell = `${process.execPath} ${CLI} ${line}; echo "exit=$?"`;
  const child = spawn("script", ["-qec", shell, "/dev/null"], { cwd, timeout: 20_000 });
  let output = "";
  let asked = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (asked || !output.includes("[y/N]")) return;
    asked = true;
    child.stdin.write(answer);
  });
  return new Promise((done) => {
    child.on("close", () => done({ code: Number(/exit=(\d+)/.exec(output)?.[1]), output }));
  });
}

export const hasScript = spawnSync("script", ["--version"]).status === 0;

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-cli-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
let folders = 0;

/** A new empty folder with these files. */
export function folder(files: Record<string, string | Uint8Array> = {}): string {
  const dir = join(home, String(++folders));
  fs.mkdirSync(dir);
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(join(dir, name, ".."), { recursive: true });
    fs.writeFileSync(join(dir, name), content);
  }
  return dir;
}

/** A new folder with a lake that is there and empty. */
export function emptyLake(): string {
  const dir = folder();
  fs.mkdirSync(join(dir, "lake"));
  return dir;
}

export const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
export const ROW = "2025-01-01T00:00:00Z,FAB-1,20.5,C,0.1\n";
export const ODD = "2025-01-01T00:00:05Z,FAB-1,44,C,0.9\n";
export const BAD = "2025-01-01T00:00:09Z,FAB-1,1_0,C,0.1\n";

/** The files of some layers, by path: what two runs must agree on. */
export function tree(lake: string, layers = ["bronze", "silver", "anomalies", "gold"]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const layer of layers) {
    const root = join(lake, layer);
    if (!fs.existsSync(root)) continue;
    for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile()) continue;
      try {
        found[path.slice(lake.length + 1)] = fs.readFileSync(path, "latin1");
      } catch (error) {
        // Removed since it was listed, as receipts are by whoever makes them again.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  }
  return found;
}

/** Inode and times of every file: nothing of a lake was written again when they are the same. */
export function stamps(lake: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of fs.readdirSync(lake, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    const { ino, mtimeNs, ctimeNs } = fs.statSync(path, { bigint: true });
    found[path.slice(lake.length + 1)] = [ino, mtimeNs, ctimeNs].join(" ");
  }
  return found;
}

const TWO_DAYS_MS = 2 * 86_400_000;

/**
 * A folder with `readings.csv`, a lake in which it replaced an older batch of that name just now, and a backup of that
 * lake. The older version became current two days ago: a file's ctime cannot be set, but the name of a version says it.
 */
export async function lakeWithHistory(files: Record<string, string | Uint8Array> = {}): Promise<string> {
  const cwd = folder({ "readings.csv": HEADER + ODD, ...files });
  await cli(["ingest", "readings.csv"], { cwd });
  fs.writeFileSync(join(cwd, "readings.csv"), HEADER + ROW);
  await cli(["ingest", "readings.csv", "--overwrite"], { cwd });
  const versions = join(cwd, "lake/.vantageflow/versions");
  for (const entry of fs.readdirSync(versions, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const older = entry.name.replace(/^\d+/, (since) => String(Number(since) - TWO_DAYS_MS));
    fs.renameSync(join(entry.parentPath, entry.name), join(entry.parentPath, older));
  }
  await cli(["backup", "./backup"], { cwd });
  return cwd;
}
