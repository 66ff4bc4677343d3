import * as fs from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { run } from "../../src/engine/run.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { folder } from "../cli/run-cli.ts";
import { bytesOf, keysOf, put } from "../pipeline/lake.ts";
import { crashing } from "./crashing.ts";
import {
  BETTER,
  cleanRun,
  contextOf,
  deadLettersOf,
  GOOD,
  keyOf,
  ledgerProblems,
  outputsIn,
  REFUSED,
  stateOf,
  tokenOf,
} from "./lakes.ts";

/** Histories in memory, and on a directory with every write of a user done by a foreign program. */
const HISTORIES = Number(process.env.HISTORIES ?? 1000);
const ON_DISK = 48;
/** Side by side, for some of them wait for a retry. */
const LANES = 25;

const HEADER_ONLY = GOOD.slice(0, GOOD.indexOf("\n") + 1);
const REJECTING = `${HEADER_ONLY}x,y\n2025-01-01T00:00:00Z,A,1,C,0.5\n,,,,\n`;
const CONTENTS = [GOOD, BETTER, REJECTING, HEADER_ONLY, REFUSED, ""];
const BY_HAND = `${HEADER_ONLY}2025-01-01T00:00:00Z,HAND,1,C,0.2\n`;
const isGood = (content: string | undefined) => content !== undefined && content !== REFUSED && content !== "";

interface Model {
  /** What the user has in bronze. */
  readonly bronze: Map<string, string>;
  /** Silver that the user put there, and no split has replaced since. */
  readonly hand: Set<string>;
  /** Paths that ever had bronze. */
  readonly known: Set<string>;
  /** Paths of which somebody changed an output: it is no longer provably ours, and stays when bronze is refused. */
  readonly foreign: Set<string>;
  threshold: number;
  /** What only `run --reprocess` applies has happened. */
  stale: boolean;
  /** Paths of which a run that died may have left a part: only metadata says whose it is, and a copy has none. */
  readonly half: Set<string>;
  /** There are outputs without metadata: receipts alone say whose they are. */
  copied: boolean;
}

/** A lake, and how a user writes to it. */
interface Real {
  storage: LakeStorage;
  write(key: string, content: string): Promise<void>;
  remove(key: string): Promise<void>;
  /** Makes a copy without metadata and works on that. */
  copy(): Promise<void>;
  /** `<key> <token>` of every version in bronze that cannot be processed. */
  readonly failing: Set<string>;
}

type Command = fc.AsyncCommand<Model, Real>;

/** A command with its name in counterexamples. */
function command(name: string, check: (model: Model) => boolean, work: (model: Model, real: Real) => Promise<void>) {
  return { check, run: work, toString: () => name } satisfies Command;
}

async function land(model: Model, real: Real, path: string, content: string): Promise<void> {
  const key = `bronze/${path}`;
  await real.write(key, content);
  model.bronze.set(path, content);
  model.known.add(path);
  if (!isGood(content)) real.failing.add(`${key} ${(await real.storage.head(key))?.token}`);
}

async function runLake(model: Model, storage: LakeStorage, concurrency: number, reprocess = false): Promise<void> {
  const context = contextOf(storage, model.threshold);
  await run(context, { concurrency, ...(reprocess ? { reprocess: "" } : {}) });
}

/** What a run that came to its end has changed. */
function processed(model: Model, reprocessed: boolean): void {
  for (const [path, content] of model.bronze) {
    model.half.delete(path);
    if (!isGood(content)) continue;
    model.hand.delete(path);
    if (reprocessed) model.foreign.delete(path);
  }
  // What has no bronze just now keeps what was made of it, and keeps it when the same content comes back.
  if (reprocessed && [...model.known].every((path) => model.bronze.has(path))) model.stale = false;
}

/** What a run that died may have changed: outputs half made, and receipts of what was about to be made again gone. */
function died(model: Model): void {
  for (const path of model.known) {
    model.half.add(path);
    const mayBeReplaced = isGood(model.bronze.get(path)) && model.hand.delete(path);
    if (model.copied || mayBeReplaced) model.foreign.add(path);
  }
}

const path = fc.constantFrom("a.csv", "d/b.csv", "s.csv");
const always = () => true;

const putBronze = fc
  .tuple(path, fc.constantFrom(...CONTENTS))
  .map(([at, content]) =>
    command(`put ${at} ${JSON.stringify(content)}`, always, (model, real) => land(model, real, at, content)),
  );

const touch = path.map((at) =>
  command(
    `touch ${at}`,
    ({ bronze }) => bronze.has(at),
    (model, real) => land(model, real, at, model.bronze.get(at) ?? ""),
  ),
);

const removeBronze = path.map((at) =>
  command(
    `delete bronze/${at}`,
    ({ bronze }) => bronze.has(at),
    async (model, real) => {
      await real.remove(`bronze/${at}`);
      model.bronze.delete(at);
    },
  ),
);

const putSilver = path.map((at) =>
  command(
    `put silver/${at} by hand`,
    ({ known }) => !known.has(at),
    async (model, real) => {
      await real.write(`silver/${at}`, BY_HAND);
      model.hand.add(at);
    },
  ),
);

const damage = fc
  .tuple(path, fc.constantFrom("silver", "anomalies", "gold"), fc.boolean())
  .map(([at, layer, isRemoved]) =>
    command(
      `${isRemoved ? "remove" : "alter"} ${layer}/${at}`,
      ({ bronze, hand }) => isGood(bronze.get(at)) && !hand.has(at),
      async (model, real) => {
        const key = `${layer}/${at}`;
        if ((await real.storage.head(key)) === null) return;
        if (isRemoved) await real.remove(key);
        else await real.write(key, `${HEADER_ONLY}2025-01-01T00:00:00Z,ALTERED,1,C,0.2\n`);
        model.foreign.add(at);
        model.stale = true;
      },
    ),
  );

const runs = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()).map(([concurrency, reprocess]) =>
  command(`run${reprocess ? " --reprocess" : ""}`, always, async (model, real) => {
    await runLake(model, real.storage, concurrency, reprocess);
    processed(model, reprocess);
  }),
);

const crash = fc.tuple(fc.integer({ min: 0, max: 70 }), fc.boolean(), fc.boolean()).map(([at, isDone, reprocess]) =>
  command(
    `run${reprocess ? " --reprocess" : ""}, killed ${isDone ? "after" : "before"} operation ${at}`,
    always,
    async (model, real) => {
      const doomed = crashing(real.storage, at, isDone);
      await runLake(model, doomed.storage, 2, reprocess).catch(() => {});
      if (doomed.hasCrashed()) died(model);
      else processed(model, reprocess);
    },
  ),
);

const copy = fc.constant(
  command("copy the lake", always, async (model, real) => {
    await real.copy();
    model.copied = true;
    for (const at of model.half) model.foreign.add(at);
    for (const [at, content] of model.bronze) {
      const key = `bronze/${at}`;
      if (!isGood(content)) real.failing.add(`${key} ${(await real.storage.head(key))?.token}`);
    }
  }),
);

const changeThreshold = fc.constantFrom(0.5, 0.7).map((threshold) =>
  command(
    `threshold ${threshold}`,
    (model) => model.threshold !== threshold,
    async (model) => {
      model.threshold = threshold;
      model.stale = true;
    },
  ),
);

const histories = fc.commands(
  [putBronze, putBronze, touch, removeBronze, putSilver, damage, runs, runs, crash, crash, copy, changeThreshold],
  { maxCommands: 24, size: "max" },
);

/** After the last run, everything that exists is as a clean run over the bronze that is there would have made it. */
async function converges(model: Model, real: Real): Promise<void> {
  await runLake(model, real.storage, 2, model.stale);
  processed(model, model.stale);
  const { storage } = real;
  const { files } = await stateOf(storage);
  for (const [at, content] of model.bronze) {
    if (!isGood(content) && model.foreign.has(at)) continue;
    const key = `bronze/${at}`;
    const inputs = { [key]: content, ...(model.hand.has(at) ? { [`silver/${at}`]: BY_HAND } : {}) };
    const clean = await cleanRun(inputs, model.threshold);
    expect([at, outputsIn(files, key)]).toEqual([at, outputsIn(clean.files, key)]);
  }
  for (const at of model.hand) expect(files[`gold/${at}`]).toContain("HAND,1,");

  const isChecked = (at: string) =>
    isGood(model.bronze.get(at)) || model.hand.has(at) || (model.bronze.has(at) && !model.foreign.has(at));
  const problems = await ledgerProblems(storage);
  expect(
    problems.filter((problem) =>
      ["a.csv", "d/b.csv", "s.csv"].some((at) => problem.includes(`/${at}`) && isChecked(at)),
    ),
  ).toEqual([]);

  const letters = (await deadLettersOf(storage)).filter((letter) => keyOf(letter).startsWith("bronze/"));
  const versions = letters.map((letter) => `${keyOf(letter)} ${tokenOf(letter)}`);
  expect(new Set(versions).size).toBe(versions.length);
  expect(versions.filter((version) => !real.failing.has(version))).toEqual([]);
  for (const [at, content] of model.bronze) {
    if (!isGood(content)) expect(letters.map(keyOf)).toContain(`bronze/${at}`);
  }
}

const newModel = (): Model => ({
  bronze: new Map(),
  hand: new Set(),
  known: new Set(),
  foreign: new Set(),
  threshold: 0.5,
  stale: false,
  half: new Set(),
  copied: false,
});

function inMemory(): Real {
  const real: Real = {
    storage: createMemoryStorage(),
    failing: new Set(),
    write: (key, content) => put(real.storage, key, content),
    remove: (key) => real.storage.remove(key),
    async copy() {
      const copied = createMemoryStorage();
      // Its tokens are numbers: those of the copy begin where those of the lake end.
      await put(real.storage, "elsewhere", "");
      const last = Number((await real.storage.head("elsewhere"))?.token.slice(1));
      for (let burnt = 0; burnt < last; burnt++) await put(copied, "elsewhere", "");
      for (const key of await keysOf(real.storage)) await put(copied, key, (await bytesOf(real.storage, key)) ?? "");
      real.storage = copied;
    },
  };
  return real;
}

function onDisk(): Real & { close(): Promise<void> } {
  let root = folder();
  const failing = new Set<string>();
  const pathOf = (key: string) => join(root, key);
  const real = {
    storage: createLocalStorage({ root }),
    failing,
    async write(key: string, content: string) {
      fs.mkdirSync(join(pathOf(key), ".."), { recursive: true });
      fs.writeFileSync(pathOf(key), content);
    },
    async remove(key: string) {
      fs.rmSync(pathOf(key), { force: true });
    },
    async copy() {
      const copied = folder();
      await real.storage.close();
      fs.cpSync(root, copied, { recursive: true, filter: (from) => !from.endsWith("/.vantageflow") });
      root = copied;
      real.storage = createLocalStorage({ root });
    },
    close: () => real.storage.close(),
  };
  return real;
}

async function holds<R extends Real>(numRuns: number, seed: number, create: () => R): Promise<number> {
  let ran = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (commands) => {
      const [model, real] = [newModel(), create()];
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await converges(model, real);
      if ("close" in real) await (real as unknown as { close(): Promise<void> }).close();
      ran++;
    }),
    { numRuns, seed, endOnFailure: false },
  );
  return ran;
}

describe("contracts 2, 3, 5 and 6: whatever the history, the lake ends as a clean run over its bronze would leave it", () => {
  it("in memory", async () => {
    const seed = Number(process.env.SEED ?? 1);
    const lanes = Array.from({ length: LANES }, (_, lane) => holds(HISTORIES / LANES, seed * 1000 + lane, inMemory));
    const ran = (await Promise.all(lanes)).reduce((a, b) => a + b);
    console.log(`histories: ${ran} cases in memory`);
    expect(ran).toBeGreaterThanOrEqual(HISTORIES);
  }, 600_000);

  it("on a directory", async () => {
    const lanes = Array.from({ length: 4 }, (_, lane) => holds(ON_DISK / 4, 77_000 + lane, onDisk));
    const ran = (await Promise.all(lanes)).reduce((a, b) => a + b);
    console.log(`histories: ${ran} cases on a directory`);
    expect(ran).toBeGreaterThanOrEqual(ON_DISK);
  }, 600_000);
});
