import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { identityOf } from "../../src/storage/local/files.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { inProcess } from "../cli/in-process.ts";
import { CLI } from "../cli/run-cli.ts";
import {
  BETTER,
  cleanRun,
  type Files,
  faulty,
  folderInMemory,
  GOOD,
  ledgerProblems,
  leftovers,
  MANY,
  outputsIn,
  REFUSED,
  runLake,
  stateOf,
  writeFile,
} from "./lakes.ts";

/** More by `node scripts/kill.mjs --cases N`. */
const CASES = Number(process.env.KILL_CASES ?? 120);
const AT_ONCE = 3;
const CONCURRENCY = 2;
const FILES: Files = { "good.csv": GOOD, "better.csv": BETTER, "refused.csv": REFUSED };

interface Scenario {
  readonly name: string;
  /** What is in the lake and processed before. */
  readonly before: Files;
  /** What is put into it then. */
  readonly drops?: Files;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Batches in flight, and so in one group that is made durable together. */
  readonly concurrency?: number;
  /** Killed in a worker thread, not in the main one. */
  readonly worker?: boolean;
}

const EAGER = { ANOMALY_THRESHOLD: "0.7" };

const SCENARIOS: readonly Scenario[] = [
  { name: "ingest of a new file", before: {}, args: ["ingest", "good.csv"] },
  { name: "ingest --overwrite", before: { "bronze/better.csv": GOOD }, args: ["ingest", "--overwrite", "better.csv"] },
  {
    name: "ingest --overwrite of a file that is refused",
    before: { "bronze/refused.csv": GOOD },
    args: ["ingest", "--overwrite", "refused.csv"],
  },
  { name: "run over new bronze", before: {}, drops: { "bronze/a.csv": GOOD, "bronze/d/b.csv": BETTER }, args: ["run"] },
  {
    name: "run over overwritten bronze",
    before: { "bronze/a.csv": GOOD, "bronze/b.csv": BETTER },
    drops: { "bronze/a.csv": BETTER, "bronze/b.csv": GOOD },
    args: ["run"],
  },
  { name: "run over silver put there by hand", before: {}, drops: { "silver/s.csv": BETTER }, args: ["run"] },
  { name: "run over a refused file", before: {}, drops: { "bronze/a.csv": REFUSED }, args: ["run"] },
  {
    name: "run over a refused version of a good file",
    before: { "bronze/a.csv": GOOD },
    drops: { "bronze/a.csv": REFUSED },
    args: ["run"],
  },
  {
    name: "run over an untouched content with another token",
    before: { "bronze/a.csv": GOOD, "bronze/b.csv": REFUSED },
    drops: { "bronze/a.csv": GOOD, "bronze/b.csv": REFUSED },
    args: ["run"],
  },
  {
    name: "run --reprocess with another threshold",
    before: { "bronze/a.csv": GOOD, "bronze/b.csv": REFUSED },
    args: ["run", "--reprocess"],
    env: EAGER,
  },
  { name: "run over many batches, in its main thread", before: {}, drops: MANY, args: ["run"], concurrency: 32 },
  {
    name: "run over many batches, in another thread",
    before: {},
    drops: MANY,
    args: ["run"],
    concurrency: 32,
    worker: true,
  },
  {
    name: "watch, in its main thread",
    before: {},
    drops: { "bronze/a.csv": GOOD, "bronze/b.csv": REFUSED },
    args: ["watch"],
  },
  {
    name: "watch, in its functions",
    before: { "bronze/a.csv": BETTER },
    drops: { "bronze/a.csv": GOOD, "bronze/b.csv": REFUSED },
    args: ["watch"],
    worker: true,
  },
];

interface Moment {
  readonly kill: number;
  readonly moment: "before" | "middle" | "after";
}

const home = folderInMemory();
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

/** A lake and the files to ingest beside it. */
async function prepare({ before, drops = {} }: Scenario): Promise<string> {
  const cwd = fs.mkdtempSync(join(home, "case-"));
  for (const [name, content] of Object.entries(FILES)) writeFile(cwd, name, content);
  const lake = join(cwd, "lake");
  for (const [key, content] of Object.entries(before)) writeFile(lake, key, content);
  if (Object.keys(before).length > 0) await runLake(lake);
  for (const [key, content] of Object.entries(drops)) writeFile(lake, key, content);
  return cwd;
}

/** How the command ends; a watch that nothing kills is ended when it has told of all that was dropped. */
function ends(scenario: Scenario, cwd: string, fault: Record<string, unknown>): Promise<NodeJS.Signals | null> {
  const { args, env, worker, drops = {}, concurrency = CONCURRENCY } = scenario;
  const lake = join(cwd, "lake");
  const given = { ...fault, lake, thread: worker === true ? 1 : 0 };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args, "--lake", "lake"], {
      cwd,
      env: { ...process.env, ...env, VANTAGEFLOW_CONCURRENCY: String(concurrency), ...faulty(given) },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let told = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      told += text;
      const isDone = Object.keys(drops).every((key) => told.includes(key));
      if (args[0] === "watch" && isDone) child.kill("SIGINT");
    });
    child.on("error", reject);
    child.on("close", (_code, signal) => resolve(signal));
  });
}

/** Every moment of an undisturbed run at which it may be killed. */
async function momentsOf(scenario: Scenario): Promise<Moment[]> {
  const cwd = await prepare(scenario);
  const log = join(cwd, "operations");
  await ends(scenario, cwd, { log });
  const kinds = fs.readFileSync(log, "utf8").trim().split("\n");
  // Each worker counts for itself: some numbers are reached by one of them only, or by none.
  const reached = scenario.worker === true ? kinds.slice(0, kinds.length >> 1) : kinds;
  return reached.flatMap((kind, kill) => [
    { kill, moment: "before" as const },
    ...(kind === "write" || kind === "fsync" ? [{ kill, moment: "middle" as const }] : []),
    { kill, moment: "after" as const },
  ]);
}

/** As many as wanted, evenly over all of them. */
function spread<T>(items: readonly T[], wanted: number): T[] {
  return Array.from({ length: wanted }, (_, i) => items[Math.floor((i * items.length) / wanted) % items.length]);
}

const byKey = ([a]: [string, string], [b]: [string, string]) => (a < b ? -1 : 1);
const sorted = (files: Files) => Object.fromEntries(Object.entries(files).sort(byKey));

function inputsOf(files: Files, silver: Files): Files {
  const bronze = Object.entries(files).filter(([key]) => key.startsWith("bronze/"));
  return { ...Object.fromEntries(bronze), ...silver };
}

/** Kills the command at one moment, starts again, and says all that is then not as after an undisturbed run. */
async function afterKill(scenario: Scenario, { kill, moment }: Moment): Promise<string[]> {
  const cwd = await prepare(scenario);
  const lake = join(cwd, "lake");
  const problems: string[] = [];
  const signal = await ends(scenario, cwd, { kill, moment });
  const { env = {} } = scenario;
  if (signal === "SIGKILL") killed++;
  await inProcess(["run", "--lake", "lake"], { cwd, env });

  const storage = createLocalStorage({ root: lake });
  const byHand = Object.fromEntries(Object.entries(scenario.drops ?? {}).filter(([key]) => key.startsWith("silver/")));
  const state = await stateOf(storage);
  // An upload is there or it is not; under another threshold each batch is of before or of after.
  const threshold = env.ANOMALY_THRESHOLD === undefined ? undefined : Number(env.ANOMALY_THRESHOLD);
  const [old, made] = [
    await cleanRun(inputsOf(state.files, byHand)),
    await cleanRun(inputsOf(state.files, byHand), threshold),
  ];
  for (const key of Object.keys(made.files).filter((one) => one.startsWith("bronze/"))) {
    const text = JSON.stringify(sorted(outputsIn(state.files, key)));
    const allowed = [old, made].map(({ files }) => JSON.stringify(sorted(outputsIn(files, key))));
    if (!allowed.includes(text)) problems.push(`${key}: mixed outputs ${text}`);
  }
  problems.push(...(await ledgerProblems(storage)));

  const { args } = scenario;
  if (args[0] === "ingest" || args.includes("--reprocess")) await inProcess([...args, "--lake", "lake"], { cwd, env });
  const end = await stateOf(storage);
  const undisturbed = await cleanRun(finalInputs(scenario), threshold);
  if (JSON.stringify(sorted(end.files)) !== JSON.stringify(sorted(undisturbed.files)))
    problems.push(`the tree differs: ${JSON.stringify(sorted(end.files))}`);
  if (String(end.deadLetters) !== String(undisturbed.deadLetters)) problems.push(`dead letters: ${end.deadLetters}`);
  problems.push(...(await ledgerProblems(storage)), ...lostVersions(scenario, lake));
  problems.push(...(await leftovers(lake)), ...strayMetadata(lake));
  await storage.close();
  fs.rmSync(cwd, { recursive: true });
  return problems.map((problem) => `${scenario.name}, killed ${moment} ${kill}: ${problem}`);
}

/** What the user has given to the lake once the command has done its work. */
function finalInputs({ before, drops = {}, args }: Scenario): Files {
  const name = args.at(-1) ?? "";
  return { ...before, ...drops, ...(name in FILES ? { [`bronze/${name}`]: FILES[name] } : {}) };
}

/** What vantageflow itself overwrote is kept, byte for byte. */
function lostVersions({ before, args }: Scenario, lake: string): string[] {
  if (!args.includes("--overwrite")) return [];
  const lost = Object.entries(before).filter(([key, content]) => {
    const folder = join(lake, ".vantageflow/versions", key);
    return !fs.readdirSync(folder).some((name) => fs.readFileSync(join(folder, name), "utf8") === content);
  });
  return lost.map(([key]) => `the version of ${key} that was overwritten is lost`);
}

/**
 * Side files of files that are not there: void, for each names the very file that it belongs to. A kill leaves those of
 * the commits that were in flight, and no more.
 */
function strayMetadata(lake: string): string[] {
  const files = fs.readdirSync(lake, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  const there = new Set(paths.map((path) => identityOf(fs.lstatSync(path, { bigint: true }))));
  const metadata = paths.filter((path) => path.startsWith(join(lake, ".vantageflow/metadata")));
  const stray = metadata.filter((path) => !there.has(/@(\w+)\.json$/.exec(path)?.[1] ?? ""));
  return stray.length <= CONCURRENCY ? [] : stray.map((path) => `${path} is left`);
}

let cases = 0;
let killed = 0;

describe("contract 15: kill -9 at any instant loses nothing", () => {
  it.each(SCENARIOS)(
    "$name",
    async (scenario) => {
      const moments = spread(await momentsOf(scenario), Math.ceil(CASES / SCENARIOS.length));
      const problems = await mapBounded(moments, AT_ONCE, (moment) => afterKill(scenario, moment));
      cases += moments.length;
      expect(problems.flat()).toEqual([]);
    },
    CASES * 10_000,
  );

  it("was tried as often as the fault matrix wants", () => {
    console.log(`kill: ${cases} cases, ${killed} of them killed in the middle of their work`);
    expect(cases).toBeGreaterThanOrEqual(CASES);
    expect(killed / cases).toBeGreaterThan(0.95);
  });
});
