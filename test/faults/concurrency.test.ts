import * as fs from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { mapBounded } from "../../src/bounded.ts";
import { run } from "../../src/engine/run.ts";
import { createLocalStorage } from "../../src/storage/local.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { cli } from "../cli/run-cli.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import {
  BETTER,
  cleanRun,
  contextOf,
  type Files,
  folderInMemory,
  GOOD,
  ledgerProblems,
  leftovers,
  REFUSED,
  stateOf,
  writeFile,
} from "./lakes.ts";

const FILES = 100;
/** Of each of one and two processes. */
/** `RACE_SEEDS=90` looks longer. */
const SEEDS_IN_MEMORY = Number(process.env.RACE_SEEDS ?? 24);
const SEEDS_ON_DISK = 4;
const REAL = 4;
const INGESTS = 6;

const FINE = ["done", "already_ingested", "refused"];

let cases = 0;

/** A hundred files: most are good, some are refused, some in folders. There are four such hundreds. */
function filesOf(seed: number): Files {
  const content = fc.constantFrom(GOOD, GOOD, BETTER, GOOD.replace("1.5", "2.5"), REFUSED);
  const place = fc.constantFrom("", "year=2025/", "a/b/");
  const drawn = fc.sample(fc.tuple(place, content), { numRuns: FILES, seed: seed % 4 });
  return Object.fromEntries(drawn.map(([at, text], i) => [`bronze/${at}${i}.csv`, text]));
}

/** A store that answers each question after a while of its own, so that every seed is another interleaving. */
function interleaved(storage: LakeStorage, seed: number): LakeStorage {
  let state = seed;
  const turns = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 28;
  };
  const late = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let left = turns(); left > 0; left--) await (left > 13 ? new Promise((next) => setImmediate(next)) : null);
    return work();
  };
  return {
    ...storage,
    head: (key) => late(() => storage.head(key)),
    read: (key) => late(() => storage.read(key)),
    remove: (key, ifToken) => late(() => storage.remove(key, ifToken)),
    create: async (key, options) => {
      const writer = await late(() => storage.create(key, options));
      return { ...writer, commit: (options) => late(() => writer.commit(options)) };
    },
  };
}

async function expectDone(storage: LakeStorage, files: Files): Promise<void> {
  const [state, clean] = [await stateOf(storage), await cleanRun(files)];
  expect(state.deadLetters).toEqual(clean.deadLetters);
  expect(state.files).toEqual(clean.files);
  expect(await ledgerProblems(storage)).toEqual([]);
  const receipts = await keysOf(storage, "receipts/vantageflow-process-iot/");
  expect(receipts).toHaveLength(FILES);
  cases++;
}

/** As many runs at once as there are processes, each with its own view of the one lake. */
async function race(seed: number, views: readonly LakeStorage[]): Promise<void> {
  await Promise.all(views.map((view) => run(contextOf(view), { concurrency: 1 + (seed % 7) })));
}

const home = folderInMemory();
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

function lakeOf(name: string, files: Files): string {
  const cwd = join(home, name);
  for (const [key, content] of Object.entries(files)) writeFile(join(cwd, "lake"), key, content);
  return cwd;
}

/** Of a document of `run` or `ingest`: outcomes that a race does not excuse. */
function oddOutcomes(stdout: string): string[] {
  const { batches } = JSON.parse(stdout) as { batches: { outcome: string }[] };
  return batches.map(({ outcome }) => outcome).filter((outcome) => !FINE.includes(outcome));
}

describe.each([1, 2])("contract 12: a hundred files at once, processes: %d", (processes) => {
  const seeds = (count: number) => Array.from({ length: count }, (_, i) => processes * 1000 + i);

  it("in memory, every seed another interleaving", async () => {
    await mapBounded(seeds(SEEDS_IN_MEMORY), 8, async (seed) => {
      const storage = createMemoryStorage();
      const files = filesOf(seed);
      for (const [key, content] of Object.entries(files)) await put(storage, key, content);
      const views = Array.from({ length: processes }, (_, i) => interleaved(storage, seed * 31 + i));
      await race(seed, views);
      await expectDone(storage, files);
    });
  });

  it("on a directory", async () => {
    for (const seed of seeds(SEEDS_ON_DISK)) {
      const files = filesOf(seed);
      const root = join(lakeOf(`directory-${seed}`, files), "lake");
      const views = Array.from({ length: processes }, () => createLocalStorage({ root }));
      await race(
        seed,
        views.map((view, i) => interleaved(view, seed * 31 + i)),
      );
      for (const view of views) await view.close();
      await expectDone(createLocalStorage({ root }), files);
      expect(await leftovers(root)).toEqual([]);
    }
  });

  it("with the real binary", async () => {
    for (const seed of seeds(REAL)) {
      const files = filesOf(seed);
      const cwd = lakeOf(`real-${seed}`, files);
      const args = ["run", "--lake", "lake", "--concurrency", String(1 + (seed % 4)), "--json"];
      const ran = await Promise.all(Array.from({ length: processes }, () => cli(args, { cwd })));
      expect(ran.flatMap(({ stdout }) => oddOutcomes(stdout))).toEqual([]);
      const root = join(cwd, "lake");
      await expectDone(createLocalStorage({ root }), files);
      expect(await leftovers(root)).toEqual([]);
    }
  });
});

it("contract 12: two that ingest the same hundred files at once land each of them once", async () => {
  const files = Object.fromEntries(
    Array.from({ length: FILES }, (_, i) => [`bronze/${i}.csv`, i % 9 === 0 ? REFUSED : GOOD]),
  );
  const names = Object.keys(files).map((key) => key.replace("bronze/", "up/"));
  for (let round = 0; round < INGESTS; round++) {
    const cwd = lakeOf(`ingest-${round}`, {});
    for (const [key, content] of Object.entries(files)) writeFile(cwd, key.replace("bronze/", "up/"), content);
    const ran = await Promise.all([names, names].map((order) => cli(["ingest", ...order, "--json"], { cwd })));
    for (const { stdout } of ran) expect(oddOutcomes(stdout)).toEqual([]);
    await expectDone(createLocalStorage({ root: join(cwd, "lake") }), files);
  }
});

it("the fault matrix's races were all run", () => {
  console.log(`a hundred files at once: ${cases} cases`);
  expect(cases).toBeGreaterThanOrEqual(2 * SEEDS_IN_MEMORY + 22);
});
