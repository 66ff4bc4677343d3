import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/**
 * Starts a process in a group of its own, so that whatever it starts is stopped with it.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function start(file, args, options) {
  const child = spawn(file, args, { ...options, detached: true });
  running.add(child);
  child.once("close", () => running.delete(child)).once("error", () => running.delete(child));
  return child;
}

/**
 * Runs a command to its end; throws with what it said when it fails.
 * @param {readonly string[]} command
 * @param {string} cwd
 */
export async function runCommand([file, ...args], cwd) {
  const child = start(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
  }
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`Cannot run "${[file, ...args].join(" ")}": exit ${code}.\n${said}`);
}

/**
 * A new folder that is removed when this process ends, by a signal too; what was started is stopped first.
 * @param {string} dir
 * @param {string} name
 */
export function temporaryFolder(dir, name) {
  const folder = mkdtempSync(join(dir, `vantageflow-${name}-`));
  process.once("exit", () => {
    for (const { pid } of running) stop(pid);
    // What was killed may be about to write its last file.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return folder;
}

function stop(group) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
