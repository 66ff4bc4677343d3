import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { inProcess } from "../cli/in-process.ts";
import { CLI, folder, tree } from "../cli/run-cli.ts";
import { readerOf } from "../contracts/lakes.ts";
import { faulty, ledgerProblems, leftovers } from "./lakes.ts";

const MOMENTS = Number(process.env.KILL_CASES ?? 40) / 5;
const KEY = "bronze/s/b.csv";
const contractWith = (changes: object) =>
  `${JSON.stringify({ version: 1, name: "s", prefix: "bronze/s/", format: { type: "csv" }, ...changes })}\n`;
const [BEFORE, AFTER] = [contractWith({ threshold: [] }), contractWith({ threshold: [{ devices: "*", above: 0.05 }] })];
const FILES = {
  "before.json": BEFORE,
  "after.json": AFTER,
  "b.csv":
    "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:01Z,A,x,C,0.9\n",
};

interface Scenario {
  readonly args: readonly string[];
  /** Whether the lake has the contract and a batch that was made by it. */
  readonly isBegun: boolean;
  /** Who may read the batch at any moment, if it is there. */
  readonly readers: readonly string[];
  /** What is done in the end where the same again does not end it. */
  readonly last?: readonly string[];
}

const SCENARIOS: Record<string, Scenario> = {
  "ingest --contract": {
    args: ["ingest", "--contract", "before.json", "b.csv"],
    ...{ isBegun: false, readers: ["s"], last: ["run"] },
  },
  "contract apply of a change": { args: ["contract", "apply", "after.json", "--yes"], isBegun: true, readers: ["s"] },
  "contract remove": { args: ["contract", "remove", "s", "--yes"], isBegun: true, readers: ["s", "waits"] },
  "contract remove --release": {
    args: ["contract", "remove", "s", "--release", "--yes"],
    ...{ isBegun: true, readers: ["s", "waits", "built-in"] },
  },
  "run --reprocess by a changed contract": {
    args: ["run", "--reprocess"],
    ...{ isBegun: true, readers: ["s"] },
  },
};

async function prepare({ isBegun, args }: Scenario): Promise<string> {
  const cwd = folder(FILES);
  if (isBegun) await inProcess(["ingest", "--contract", "before.json", "b.csv"], { cwd });
  if (args.includes("--reprocess")) fs.writeFileSync(join(cwd, "lake", contractKey("s")), AFTER);
  return cwd;
}

function ends(args: readonly string[], cwd: string, fault: object): Promise<NodeJS.Signals | null> {
  const env = { ...process.env, ...faulty({ ...fault, lake: join(cwd, "lake"), thread: 0 }) };
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env, stdio: "ignore" });
  return new Promise((resolve, reject) => child.on("error", reject).on("close", (_, signal) => resolve(signal)));
}

/** All that two runs must agree on, contracts included. */
const laid = (cwd: string) => tree(join(cwd, "lake"), ["contracts", "bronze", "silver", "anomalies", "gold"]);

/** The layers that each contract makes of the batch. */
async function cleanLayers(): Promise<string[]> {
  const made: string[] = [];
  for (const contract of ["before.json", "after.json"]) {
    const cwd = folder(FILES);
    await inProcess(["ingest", "--contract", contract, "b.csv"], { cwd });
    made.push(JSON.stringify(tree(join(cwd, "lake"), ["silver", "anomalies", "gold"])));
  }
  return made;
}

const allowed = await cleanLayers();

/** Kills the command at one moment and says all that is wrong then, and when it is done again. */
async function afterKill(scenario: Scenario, wanted: object, kill: number, moment: string): Promise<string[]> {
  const cwd = await prepare(scenario);
  const problems: string[] = [];
  if ((await ends(scenario.args, cwd, { kill, moment })) !== "SIGKILL") problems.push("it was not killed");
  const storage = createLocalStorage({ root: join(cwd, "lake") });
  const reader = await readerOf(storage, KEY);
  const isThere = (await storage.head(KEY)) !== null;
  if (isThere && !scenario.readers.includes(reader)) problems.push(`the batch is read by ${reader}`);
  for (const text of Object.values(tree(join(cwd, "lake"), ["contracts"]))) {
    if (![BEFORE, AFTER].includes(text) && !text.includes('"prefix":"bronze/s/"'))
      problems.push(`a contract is ${text}`);
  }
  // What is half made is work again, and whoever reads it now ends it.
  if (reader === "s") {
    await inProcess(["run"], { cwd });
    const layers = JSON.stringify(tree(join(cwd, "lake"), ["silver", "anomalies", "gold"]));
    if (isThere && !allowed.includes(layers)) problems.push(`of no one contract: ${layers}`);
    problems.push(...(await ledgerProblems(storage)));
  }
  await inProcess(scenario.args, { cwd });
  if (scenario.last !== undefined) await inProcess(scenario.last, { cwd });
  if (JSON.stringify(laid(cwd)) !== JSON.stringify(wanted)) problems.push(`it ends as ${JSON.stringify(laid(cwd))}`);
  problems.push(...(await leftovers(join(cwd, "lake"))));
  await storage.close();
  fs.rmSync(cwd, { recursive: true });
  return problems.map((problem) => `killed ${moment} ${kill}: ${problem}`);
}

describe("contract 15: kill -9 at any instant leaves a batch with one contract, and the same again ends it", () => {
  it.each(Object.entries(SCENARIOS))("%s", async (_, scenario) => {
    const cwd = await prepare(scenario);
    const log = join(cwd, "operations");
    await ends(scenario.args, cwd, { log });
    const kinds = fs.readFileSync(log, "utf8").trim().split("\n");
    const moments = kinds.flatMap((kind, kill) => [
      { kill, moment: "before" },
      ...(kind === "write" || kind === "fsync" ? [{ kill, moment: "middle" }] : []),
      { kill, moment: "after" },
    ]);
    const step = Math.max(1, Math.floor(moments.length / MOMENTS));
    const chosen = moments.filter((_, i) => i % step === 0);
    expect(chosen.length).toBeGreaterThan(5);
    const wanted = laid(cwd);
    const problems = await mapBounded(chosen, 3, ({ kill, moment }) => afterKill(scenario, wanted, kill, moment));
    expect(problems.flat()).toEqual([]);
  });
});
