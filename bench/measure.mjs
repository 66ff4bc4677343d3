import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { start } from "./processes.mjs";
import { median } from "./ratio.mjs";

/**
 * One whole process, from exec to exit.
 * @typedef {object} Measurement
 * @property {number} wall seconds
 * @property {number} cpu seconds, user and system
 * @property {number} user seconds of it
 * @property {number | null} peak megabytes (10^6 bytes) of resident memory at most; null without /proc or when it ended too soon to be looked at
 */

const POLL_MS = 5;
/** bash times the command, to the millisecond. The command's own stderr goes to descriptor 3, so that only the times are on 2. */
const TIMED = `TIMEFORMAT='%3R %3U %3S'; time "$@" >/dev/null 2>&3 3>&-`;

/**
 * Runs a command and measures it.
 * @param {readonly string[]} command
 * @returns {Promise<Measurement>}
 */
export async function measure(command) {
  const shell = start("bash", ["-c", TIMED, "bash", ...command], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  const times = collect(shell.stdio[2]);
  const complaints = collect(shell.stdio[3]);
  let peak = 0;
  const poll = setInterval(() => {
    peak = Math.max(peak, peakOfChild(shell.pid));
  }, POLL_MS);
  const code = await new Promise((resolve, reject) => shell.once("error", reject).once("close", resolve));
  clearInterval(poll);
  if (code !== 0) throw new Error(`Cannot run "${command.join(" ")}": exit ${code}.\n${await complaints}`);
  const [wall, user, system] = (await times).trim().split(/\s+/).map(Number);
  return { wall, cpu: user + system, user, peak: peak === 0 ? null : peak };
}

/**
 * Lets the pages that earlier work left dirty go to the disk, so that the next run does not pay for them. A cache
 * that is read stays warm: the same for everybody.
 */
export function settle() {
  spawnSync("sync");
}

/** How many processes wanted a core in the last minute: what else was going on. */
export function load() {
  return loadavg()[0].toFixed(1);
}

/**
 * Medians of the times and the peak, each on its own.
 * @param {readonly Measurement[]} runs at least one
 * @returns {Measurement}
 */
export function medians(runs) {
  const peaks = runs.map((run) => run.peak).filter((peak) => peak !== null);
  return {
    wall: median(runs.map((run) => run.wall)),
    cpu: median(runs.map((run) => run.cpu)),
    user: median(runs.map((run) => run.user)),
    peak: peaks.length === 0 ? null : median(peaks),
  };
}

/** VmHWM (the kernel's high-water mark) of the shell's child, in megabytes; 0 while there is none. */
function peakOfChild(shell) {
  try {
    const child = readFileSync(`/proc/${shell}/task/${shell}/children`, "latin1").trim();
    if (child === "") return 0;
    const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child}/status`, "latin1"));
    return kibibytes === null ? 0 : (Number(kibibytes[1]) * 1024) / 1e6;
  } catch {
    return 0; // not Linux, or the process has just ended
  }
}

async function collect(stream) {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
