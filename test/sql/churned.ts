import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { CLI } from "../cli/run-cli.ts";
import { newFolder } from "./lake.ts";

/** A lake as years make it, in some seconds: files that come and are written over, and commands that are killed at their work. */

/** Rows of all files, at least; `SQL_ROWS=2000000` asks of millions. */
const ROWS = Number(process.env.SQL_ROWS ?? 30_000);
const BATCHES = 40;
/** Files come in so many parts; with each, some that came before are written over. */
const ROUNDS = 4;
const OVERWRITTEN = 6;
const DEVICES = 60;
const DAYS = 31;
const HEADER = "timestamp,device_id,value,unit,anomaly_score";

export interface Churned {
  /** The lake, of which every file is processed and in the table. */
  readonly folder: string;
  /** Commands that were killed at their work. */
  readonly kills: number;
}

/** Makes it in `folder`, with the built command line. */
export async function churnedLake(folder = newFolder()): Promise<Churned> {
  const random = randomOf(7);
  const lake = (command: string) => `${command} --lake ${folder} --quiet`.split(" ");
  let kills = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const share = BATCHES / ROUNDS;
    for (let i = round * share; i < (round + 1) * share; i++) land(folder, i, random);
    for (let i = 0; i < OVERWRITTEN && round > 0; i++) land(folder, Math.floor(random() * round * share), random);
    for (const command of ["run", "tables sync", "run", "tables sync"]) {
      if ((await ended(lake(command), 80 + random() * (200 + ROWS / 2000))) === "SIGKILL") kills++;
    }
    // A writer beside a reader of what it writes.
    const both = await Promise.all(["run", "tables sync"].map((command) => ended(lake(command), 300 + ROWS / 1000)));
    kills += both.filter((end) => end === "SIGKILL").length;
  }
  for (const command of ["run", "tables sync"]) {
    const end = await ended(lake(command));
    if (end !== "0") throw new Error(`${command} ended with ${end}`);
  }
  return { folder, kills };
}

/** The code or signal a command ended with; killed after so many milliseconds. */
function ended(args: readonly string[], killAfter?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: "ignore" });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? String(code));
    });
  });
}

/** Puts a file where a producer would, whole. */
function land(folder: string, batch: number, random: () => number): void {
  const bronze = join(folder, "bronze", `site-${batch % 3}`);
  fs.mkdirSync(bronze, { recursive: true });
  const draft = join(folder, "..", "draft.csv");
  fs.writeFileSync(draft, batchOf(batch, random));
  fs.renameSync(draft, join(bronze, `batch-${batch}.csv`));
}

/**
 * Two days of all devices, one more than the others: some readings twice, some of one instant and other values, nanoseconds, rows that are none, a device
 * that falls silent and one that has gaps.
 */
function batchOf(batch: number, random: () => number): string {
  const lines = [HEADER];
  const first = Date.UTC(2025, 0, 1 + (batch % DAYS));
  for (let i = 0; lines.length <= ROWS / BATCHES; i++) {
    const device = i % 5 === 0 ? 0 : Math.floor(random() * DEVICES);
    const time = first + Math.floor(random() * 2 * 86_400_000);
    if (device === 11 && batch % DAYS > 0) continue;
    if (device === 12 && time % 86_400_000 > 30_000_000) continue;
    const millis = new Date(time).toISOString();
    const at = i % 3 === 0 ? millis.replace("Z", `${String(Math.floor(random() * 1e6)).padStart(6, "0")}Z`) : millis;
    const value = i % 997 === 0 ? "n/a" : (random() * 100 - 20).toFixed(3);
    const unit = device % 7 === 0 ? "" : device % 5 === 0 ? "%" : "C";
    const id = device === 0 ? "FAB-TEM-001" : `FAB-${device}`;
    const line = `${at},${id},${value},${unit},${random().toFixed(2)}`;
    lines.push(line);
    if (i % 700 === 0) lines.push(line, line.replace(`,${value},`, ",1.5,"));
  }
  return `${lines.join("\n")}\n`;
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
