import { describe, expect, it } from "vitest";
import { readableContract } from "../../src/contracts/readable.ts";
import { applyContract, removeContract, standingOf } from "../../src/contracts/store.ts";
import { ingestBatch } from "../../src/engine/ingest.ts";
import { run } from "../../src/engine/run.ts";
import { processOnce } from "../../src/functions/process.ts";
import { outputKeys } from "../../src/ledger/layers.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { readReceipts } from "../../src/ledger/receipts.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { pullOf } from "../contracts/pulls.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";
import { meddledWith } from "./meddling.ts";

/** A batch belongs to the contract that it was begun by: whoever changes contracts meanwhile makes no mixture of two. */

const KEY = "bronze/s/b.csv";
/** The built-in contract reads it, too, and every one of them makes something else of it. */
const ROWS = [
  "timestamp,device_id,value,unit,anomaly_score",
  "2025-01-01T00:00:00Z,A,1,C,0.1",
  "2025-01-01T00:00:01Z,B,20,C,0.6",
  "2025-01-01T00:00:02Z,A,300,C,0.1",
  "2025-01-01T00:00:03Z,A,x,C,0.1",
].join("\n");
const contractWith = (changes: object) =>
  readableContract(
    JSON.stringify({ version: 1, name: "s", prefix: "bronze/s/", format: { type: "csv" }, ...changes }),
    "test",
  );
// biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
const BEFORE = await contractWith({ rules: [{ name: "r", max: 100, then: "reject" }] });
const AFTER = await contractWith({ threshold: [{ devices: "*", above: 0.05 }] });
const BUILT_IN = "built-in";

type Work = (storage: LakeStorage) => Promise<unknown>;

/** All that was made of the batch. */
async function madeIn(storage: LakeStorage): Promise<Record<string, string | null>> {
  const made = Object.entries(outputKeys(KEY)).map(
    async ([layer, key]) => [layer, await textOf(storage, key)] as const,
  );
  return Object.fromEntries(await Promise.all(made));
}

async function lakeWith(batch: boolean): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  await applyContract(storage, BEFORE);
  if (batch) await put(storage, KEY, ROWS);
  return storage;
}

/** What each of them makes of the batch. */
const CLEAN = new Map<string, Record<string, string | null>>();
for (const one of [BEFORE, AFTER, null]) {
  const storage = createMemoryStorage();
  if (one !== null) await put(storage, contractKey("s"), one.text);
  await put(storage, KEY, ROWS);
  await run(createLake({}, storage), { concurrency: 1 });
  CLEAN.set(one?.digest ?? BUILT_IN, await madeIn(storage));
}

const apart = async (storage: LakeStorage, id: "bronzeToSilver" | "silverToGold", key: string) => {
  const object = await storage.head(key);
  if (object !== null) await processOnce(createLake({}, storage), id, object, { attempt: 1, fused: false });
};

const WORKS: Record<string, { readonly hasBatch: boolean; readonly work: Work }> = {
  "a run": { hasBatch: true, work: (storage) => run(createLake({}, storage), { concurrency: 1 }) },
  "a run over what was made before": {
    hasBatch: true,
    work: (storage) => run(createLake({}, storage), { concurrency: 1, reprocess: "" }),
  },
  "the functions by themselves": {
    hasBatch: true,
    async work(storage) {
      await apart(storage, "bronzeToSilver", KEY);
      await apart(storage, "silverToGold", outputKeys(KEY).silver);
    },
  },
  "an ingest": {
    hasBatch: false,
    work: (storage) => ingestBatch(createLake({}, storage), "s/b.csv", pullOf(Buffer.from(ROWS)), false),
  },
};

/** What may be done to its contract, and who may judge the batch then beside the one that was in force. */
const MEDDLERS: Record<string, Work> = {
  "replaced by another": async (storage) => applyContract(storage, AFTER, await standingOf(storage, "s")),
  removed: async (storage) => removeContract(storage, "s", await standingOf(storage, "s")),
  "let go": async (storage) => removeContract(storage, "s", await standingOf(storage, "s"), { release: true }),
  "replaced by what is no contract": (storage) => put(storage, contractKey("s"), "{"),
  "joined by one that claims the same": (storage) => put(storage, contractKey("t"), AFTER.text.replace('"s"', '"t"')),
};

const JUDGES: Record<string, readonly string[]> = { "replaced by another": [AFTER.digest], "let go": [BUILT_IN] };

/** What is left of the batch is of one contract, the one that its receipt names, or it is not done. */
async function expectOneContract(storage: LakeStorage, at: string, judges: readonly string[]): Promise<boolean> {
  const [receipt] = await readReceipts(storage, "vantageflow-process-iot", KEY);
  const made = await madeIn(storage);
  if (receipt !== undefined) {
    const judge = receipt.split?.contract?.digest ?? BUILT_IN;
    expect([at, judges.includes(judge), made]).toEqual([at, true, CLEAN.get(judge)]);
    return true;
  }
  const plan = await planRun(storage).catch(() => null);
  // Where a contract cannot be understood, there is no plan, and nothing is done.
  const isOpen =
    plan === null ||
    [...plan.work.map(({ object }) => object.key), ...plan.ignored.map(({ key }) => key)].includes(KEY);
  const isThere = (await storage.head(KEY)) !== null;
  expect([at, isOpen || !isThere]).toEqual([at, true]);
  return false;
}

describe.each(Object.entries(WORKS))("while %s is at work on a batch", (_, { hasBatch, work }) => {
  it.each(Object.entries(MEDDLERS))(
    "its contract may be %s at any moment: the batch is of one contract, or work again",
    async (how, meddle) => {
      const judges = [BEFORE.digest, ...(JUDGES[how] ?? [])];
      for (let at = 0; ; at++) {
        const storage = await lakeWith(hasBatch);
        if (work === WORKS["a run over what was made before"].work)
          await run(createLake({}, storage), { concurrency: 1 });
        const meddled = meddledWith(storage, at, () => meddle(storage));
        await work(meddled.storage).catch(() => {});
        const named = `${how}, before operation ${at}`;
        await expectOneContract(storage, named, judges);
        expect(await keysOf(storage, "dead-letter/")).toEqual([]);
        if (!meddled.hasMeddled()) {
          expect(at).toBeGreaterThan(8);
          break;
        }
        // Whatever it was, with a contract in force again the batch ends whole.
        for (const name of ["s", "t"]) await storage.remove(contractKey(name));
        await put(storage, contractKey("s"), AFTER.text);
        await run(createLake({}, storage), { concurrency: 1 });
        if ((await storage.head(KEY)) !== null)
          expect(await expectOneContract(storage, `${named}, and run again`, [...judges, AFTER.digest])).toBe(true);
      }
    },
  );
});

describe("nothing of a lake is touched", () => {
  const untouched = async (storage: LakeStorage, work: Work) => {
    const before = await Promise.all(
      (await keysOf(storage)).map(async (key) => [key, (await storage.head(key))?.token]),
    );
    await work(storage).catch(() => {});
    const after = await Promise.all(
      (await keysOf(storage)).map(async (key) => [key, (await storage.head(key))?.token]),
    );
    expect(after).toEqual(before);
  };
  const works = Object.entries(WORKS).filter(([, { hasBatch }]) => hasBatch);

  it.each(works)(
    "by %s where a contract in it cannot be understood, whosever batches are there",
    async (_, { work }) => {
      for (const text of [
        "{",
        "[]",
        '{"name":"x"}',
        "\0",
        '{"version":1,"name":"s","prefix":"bronze/s/","format":{"type":"?"}}',
      ]) {
        const storage = createMemoryStorage();
        await put(storage, KEY, ROWS);
        await put(storage, contractKey("s"), text);
        await untouched(storage, work);
      }
    },
  );

  it.each(works)("by %s where two contracts, put there by hand, claim one key: it waits", async (_, { work }) => {
    const storage = await lakeWith(true);
    await put(storage, contractKey("t"), AFTER.text.replace('"s"', '"t"'));
    await untouched(storage, work);
    const { work: left, ignored } = await planRun(storage);
    expect([left, ignored.map(({ reason }) => reason)]).toEqual([
      [],
      [expect.stringMatching(/^it waits: .*"s" and "t"/)],
    ]);
  });
});
