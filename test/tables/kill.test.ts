import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { verifyReadings } from "../../src/tables/readings/verify.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { makeBucket } from "../s3/client.ts";
import { startBucketLake } from "../s3/lake.ts";
import { dying, Killed, MOMENTS } from "./dying.ts";
import { csv, SCENARIOS, type Scenario, SYNCS, vacuumLater } from "./kill-scenarios.ts";
import { rowsOfLayers, rowsOfTable, runAll, syncContext, TABLE } from "./table.ts";

/** Work on a table that is killed at any change of the lake: the next run ends it, and no row is lost or there twice. */

/** Moments of each scenario in a bucket; all of them by `TABLES_KILL_CASES=200`. */
const IN_BUCKET = Number(process.env.TABLES_KILL_CASES ?? 3);

interface Lake {
  readonly storage: LakeStorage;
  /** The same in memory, to be looked at. */
  readonly shown: () => Promise<LakeStorage>;
}
type Lakes = () => Promise<Lake>;

const inMemory =
  ({ prepare }: Scenario): Lakes =>
  async () => {
    const storage = createMemoryStorage();
    await prepare(storage);
    return { storage, shown: async () => storage };
  };

/** Prepared once: every bucket is a copy of the first, tokens and metadata included. */
async function inBuckets({ prepare }: Scenario): Promise<Lakes> {
  const { server, client, bucket, storage } = await startBucketLake();
  await prepare(storage);
  const from = server.buckets.get(bucket)!;
  return async () => {
    const name = await makeBucket(client);
    const to = server.buckets.get(name)!;
    for (const key of from.keys("")) {
      const { body, etag, headers } = from.current(key)!;
      to.put(key, body, etag, { ...headers }, { ifMatch: undefined, ifNoneMatch: undefined });
    }
    const shown = async () => {
      const memory = createMemoryStorage();
      const keys = to.keys("").filter((key) => !key.startsWith(".vantageflow/"));
      for (const key of keys) await put(memory, key, to.current(key)!.body);
      return memory;
    };
    return { storage: createS3Storage({ client, bucket: name }), shown };
  };
}

/** The rows before it and after it, and how often it changes the lake. */
async function undisturbed({ work }: Scenario, lakes: Lakes) {
  const { storage, shown } = await lakes();
  const before = await rowsOfTable(await shown());
  const { lake, counter } = dying(storage, Number.POSITIVE_INFINITY, "before");
  await work(syncContext(lake));
  return { before, after: await rowsOfTable(await shown()), changes: counter.changes };
}

async function killAt({ work }: Scenario, storage: LakeStorage, at: number, when: (typeof MOMENTS)[number]) {
  const ended = await work(syncContext(dying(storage, at, when).lake)).then(
    () => "through",
    (error: unknown) => error,
  );
  expect(ended instanceof Killed || ended === "through").toBe(true);
}

/** Kills it once in a lake of its own, looks at what is between, and has others go on. */
async function holdsAt(scenario: Scenario, lakes: Lakes, moment: number, known: readonly string[][]): Promise<void> {
  const [at, when] = [Math.floor(moment / 3) + 1, MOMENTS[moment % 3]];
  const { storage, shown } = await lakes();
  await killAt(scenario, storage, at, when);
  const between = await shown();
  const rows = await rowsOfTable(between);
  expect([at, when, rows]).toEqual([at, when, known.find((one) => String(one) === String(rows))]);
  const findings = (await verifyReadings(between))?.findings ?? [];
  expect([at, when, findings]).toEqual([at, when, []]);

  await scenario.work(syncContext(storage));
  const again = await syncReadings(syncContext(storage));
  const end = await shown();
  const { since = "" } = scenario;
  const wanted = (await rowsOfLayers(end)).filter((row) => JSON.parse(row).date >= since);
  expect([at, when, await rowsOfTable(end)]).toEqual([at, when, wanted]);
  expect([at, when, (await syncReadings(syncContext(storage))).version]).toEqual([at, when, again.version]);
  await vacuumLater(storage);
  const files = (await keysOf(storage, TABLE)).filter((key) => key.startsWith(`${TABLE}date=`));
  expect([at, when, files.length]).toEqual([at, when, (await readSnapshot(end, TABLE))?.files.size]);
}

const NAMED = SCENARIOS.map((scenario) => [scenario.name, scenario] as const);
const cases = { memory: 0, bucket: 0 };

describe("a table that somebody is killed at work on, before, in the middle of and after any change,", () => {
  it.each(NAMED)("has each row once in memory: %s", async (_, scenario) => {
    const lakes = inMemory(scenario);
    const { before, after, changes } = await undisturbed(scenario, lakes);
    expect(changes).toBeGreaterThan(0);
    for (let moment = 0; moment < 3 * changes; moment++) await holdsAt(scenario, lakes, moment, [before, after]);
    cases.memory += 3 * changes;
  });

  it.each(NAMED)("has each row once in a bucket: %s", async (_, scenario) => {
    const lakes = await inBuckets(scenario);
    const { before, after, changes } = await undisturbed(scenario, lakes);
    const wanted = Math.min(IN_BUCKET, 3 * changes);
    for (let i = 0; i < wanted; i++) {
      // The middle of each share: beginnings and ends are what the others are, too.
      await holdsAt(scenario, lakes, Math.floor(((i + 0.5) * 3 * changes) / wanted), [before, after]);
    }
    cases.bucket += wanted;
  });

  it("was killed at two hundred moments and more", () => {
    console.log(`kill of tables: ${cases.memory} cases in memory, ${cases.bucket} in buckets`);
    expect(cases.memory).toBeGreaterThanOrEqual(200);
  });

  it("loses nothing where batches come, change or go before the next sync", async () => {
    const [, scenario] = SYNCS;
    const lakes = inMemory(scenario);
    const { changes } = await undisturbed(scenario, lakes);
    for (let moment = 0; moment < 3 * changes; moment++) {
      const [at, when] = [Math.floor(moment / 3) + 1, MOMENTS[moment % 3]];
      const { storage } = await lakes();
      await killAt(scenario, storage, at, when);
      await put(storage, "bronze/a.csv", csv(7));
      await put(storage, "bronze/b.csv", csv(8));
      await put(storage, "bronze/c.csv", csv(9));
      await runAll(storage);
      for (const layer of ["bronze", "silver", "anomalies", "gold"]) await storage.remove(`${layer}/new.csv`);
      await syncReadings(syncContext(storage));
      expect([at, when, await rowsOfTable(storage)]).toEqual([at, when, await rowsOfLayers(storage)]);
    }
  });
});
