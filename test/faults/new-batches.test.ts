import { describe, expect, it } from "vitest";
import { readableContract } from "../../src/contracts/readable.ts";
import { applyContract } from "../../src/contracts/store.ts";
import { run } from "../../src/engine/run.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { instant, readSources, sourcesSince } from "../../src/ledger/sources.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";
import { startBucketLake } from "../s3/lake.ts";
import { BETTER, cleanRun, contextOf, GOOD, ledgerProblems, outputsIn, REFUSED, stateOf } from "./lakes.ts";

/** A new batch is begun without a look at what there is of it: whoever else is at work on it loses nothing by that. */

const KEY = "bronze/b.csv";
/** Requests behind the disturbance before which the slow run is killed: after one that it does not look behind, or never. */
const [KILLED, NEVER] = [1, Number.POSITIVE_INFINITY];

/** On S3 the same content has the same token, so that an older version that comes back finds what was left of it. */
async function startLake(): Promise<LakeStorage> {
  return (await startBucketLake()).storage;
}

/** Something happens before the `at`-th request of the store's user, who is killed `later` requests behind it. */
function disturbed(storage: LakeStorage, at: number, later: number, happens: () => Promise<unknown>) {
  let requests = 0;
  const request = async <T>(work: () => Promise<T>): Promise<T> => {
    const now = requests++;
    if (now === at) await happens();
    if (now >= at + later) throw new Error("killed");
    return work();
  };
  const slow: LakeStorage = {
    ...storage,
    head: (key) => request(() => storage.head(key)),
    read: (key) => request(() => storage.read(key)),
    remove: (key, ifToken) => request(() => storage.remove(key, ifToken)),
    async create(key, options) {
      const writer = await storage.create(key, options);
      return { ...writer, commit: (given) => request(() => writer.commit(given)) };
    },
  };
  return { storage: slow, hasHappened: () => requests > at };
}

/** What is not as a clean run over this content leaves it. */
async function problemsOf(storage: LakeStorage, content: string): Promise<string[]> {
  const [state, clean] = [await stateOf(storage), await cleanRun({ [KEY]: content })];
  const [found, wanted] = [outputsIn(state.files, KEY), outputsIn(clean.files, KEY)];
  const keys = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  const wrong = [...keys].filter((key) => found[key] !== wanted[key]);
  const work = (await planRun(storage)).work.map(({ object }) => `${object.key} is work`);
  return [...wrong, ...work, ...(await ledgerProblems(storage))];
}

const once = (storage: LakeStorage, threshold?: number) => run(contextOf(storage, threshold), { concurrency: 1 });

describe("contracts 3, 6 and 15: whoever comes in between at any operation of a run over a new batch", () => {
  it.each([
    ["with rejects, then without", GOOD, BETTER, [NEVER]],
    ["without rejects, then with", BETTER, GOOD, [KILLED, NEVER]],
    ["refused, then good", REFUSED, GOOD, [KILLED]],
    ["good, then refused", GOOD, REFUSED, [NEVER]],
  ])(
    "with a newer version, %s: it wins, and the older one is made again when it comes back",
    async (_, older, newer, kills) => {
      const storage = await startLake();
      const problems: string[] = [];
      let cases = 0;
      for (const later of kills) {
        for (let at = 0; ; at++) {
          for (const key of await keysOf(storage)) await storage.remove(key);
          await put(storage, KEY, older);
          const slow = disturbed(storage, at, later, async () => {
            await put(storage, KEY, newer);
            await once(storage);
          });
          await once(slow.storage).catch(() => {});
          if (!slow.hasHappened()) break;
          for (const content of [newer, older]) {
            await put(storage, KEY, content);
            await once(storage);
            const found = await problemsOf(storage, content);
            problems.push(...found.map((one) => `request ${at}, ${later} later, ${content === newer}: ${one}`));
          }
          cases++;
        }
      }
      expect(problems).toEqual([]);
      expect(cases).toBeGreaterThan(8);
    },
    120_000,
  );

  it("with the same version under another threshold: receipts and outputs are of one of them", async () => {
    const storage = await startLake();
    for (let at = 0; ; at++) {
      for (const key of await keysOf(storage)) await storage.remove(key);
      await put(storage, KEY, GOOD);
      const slow = disturbed(storage, at, Number.POSITIVE_INFINITY, () => once(storage, 0.7));
      await once(slow.storage);
      if (!slow.hasHappened()) break;
      await once(storage);
      const { files } = await stateOf(storage);
      const clean = [await cleanRun({ [KEY]: GOOD }), await cleanRun({ [KEY]: GOOD }, 0.7)];
      expect(clean.map((one) => outputsIn(one.files, KEY))).toContainEqual(outputsIn(files, KEY));
      expect([at, await ledgerProblems(storage), (await planRun(storage)).work]).toEqual([at, [], []]);
    }
  });
});

it("contract 6: rejects that stand alone are gone when a new batch has none", async () => {
  const storage = createMemoryStorage();
  await put(storage, "anomalies/b.rejects.csv", "left");
  await put(storage, KEY, BETTER);
  await once(storage);
  expect(await textOf(storage, "anomalies/b.rejects.csv")).toBeNull();
});

it("a listing of contracts is shared by what was in the lake before it was made, and by nobody else", async () => {
  const storage = createMemoryStorage();
  const count = async (since: number) => (await sourcesSince(storage, since)).contracts.length;
  const before = instant();
  await readSources(storage);
  const text = JSON.stringify({ version: 1, name: "s", prefix: "bronze/s/", format: { type: "csv" } });
  await applyContract(storage, await readableContract(text, "test"));
  expect([await count(before), await count(instant() + 1)]).toEqual([0, 1]);
  await new Promise((passed) => setTimeout(passed, 1100));
  await put(storage, "contracts/t.json", text.replace(`"s"`, `"t"`).replace("/s/", "/t/"));
  expect(await count(before)).toBe(2);
});
