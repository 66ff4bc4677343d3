import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { run } from "../../src/engine/run.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { expire } from "../../src/retention/expire.ts";
import { type Inventory, planExpire, takeInventory } from "../../src/retention/plan.ts";
import type { LakeStorage, LakeVersions, ObjectInfo, RetainedVersion } from "../../src/storage/port.ts";
import { DAY_MS } from "../../src/time.ts";
import { FUNCTION_IDS, retentionDaysOf, topology } from "../../src/topology.ts";
import { createLake, keysOf, put } from "../pipeline/lake.ts";

const NOW = Date.UTC(2026, 0, 1);
const PATHS = ["a.csv", "year=2025/b.csv", "c.xml"];
const FUNCTIONS = FUNCTION_IDS.map((id) => topology.functions[id]);

/** What is kept of a lake in memory: nothing. */
const NO_VERSIONS: LakeVersions = {
  versions: async () => [],
  readVersion: async () => Promise.reject(new Error("no versions")),
  async *retained() {},
  keeps: async () => false,
  purge: async () => {},
};

const age = fc.integer({ min: -1, max: 100 }).map((days) => days * DAY_MS + 1);
const object = (key: string) => age.map((ms): ObjectInfo => ({ key, token: "t", size: 1, modified: NOW - ms }));
const some = <T>(items: readonly T[]) => fc.subarray([...items]);

const inventories: fc.Arbitrary<Inventory> = fc
  .tuple(
    ...Object.entries(topology.layers).map(([layer, { prefix }]) => {
      const receipts = FUNCTIONS.flatMap(({ name }) => PATHS.map((path) => `${prefix}${name}/${path}/t.json`));
      const keys = layer === "receipts" ? receipts : PATHS.map((path) => `${prefix}${path}`);
      const objects = some(keys).chain((chosen) => fc.tuple(...chosen.map(object)));
      const retained = some(keys).chain((chosen) =>
        fc.tuple(
          ...chosen.map((key) =>
            age.map((ms): RetainedVersion => ({ key, versionId: "v", size: 1, replaced: NOW - ms })),
          ),
        ),
      );
      return fc.tuple(objects, retained).map(([current, old]) => ({ layer, current, old }));
    }),
  )
  .chain((layers) => {
    const triggered = layers.flatMap(({ current }) => current.map(({ key }) => key));
    return some(triggered.filter((key) => /^(bronze|silver)\/.*\.csv$/.test(key))).map((work) => ({
      layers: new Map(layers.map(({ layer, current }) => [layer, current])),
      retained: new Map(layers.map(({ layer, old }) => [layer, old])),
      failed: [],
      work: new Set(work),
    }));
  });

describe("the plan of expire", () => {
  it("removes exactly what is past its layer's retention, but never work nor the receipt of an object that is there", () => {
    fc.assert(
      fc.property(inventories, (inventory) => {
        const { remove, kept } = planExpire(inventory, NOW);
        const [removed, stays] = [new Set(remove.map((one) => one.object.key)), new Set(kept.map(({ key }) => key))];
        const present = new Set([...inventory.layers.values()].flatMap((all) => all.map(({ key }) => key)));
        for (const [layer, objects] of inventory.layers) {
          for (const { key, modified } of objects) {
            const isOld = NOW - modified >= retentionDaysOf(topology.layers[layer]) * DAY_MS;
            expect([key, removed.has(key) || stays.has(key)]).toEqual([key, isOld]);
            if (inventory.work.has(key)) expect(removed.has(key)).toBe(false);
            const receipt = FUNCTIONS.find(({ name }) => key.startsWith(`receipts/${name}/`));
            const path = receipt && key.slice(`receipts/${receipt.name}/`.length).replace(/\/t\.json$/, "");
            if (receipt && present.has(`${receipt.startedBy.prefix}${path}`)) expect(removed.has(key)).toBe(false);
          }
        }
      }),
    );
  });

  it("purges exactly what was replaced or removed longer ago than its layer keeps", () => {
    fc.assert(
      fc.property(inventories, (inventory) => {
        const purged = planExpire(inventory, NOW).purge.map(({ key }) => key);
        const expected = [...inventory.retained].flatMap(([layer, versions]) =>
          versions
            .filter(({ replaced }) => NOW - replaced >= topology.layers[layer].noncurrentDays * DAY_MS)
            .map(({ key }) => key),
        );
        expect(purged.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  it("warns of gold that stays and could be rebuilt before, and not after", () => {
    fc.assert(
      fc.property(inventories, (inventory) => {
        const { remove, warnings } = planExpire(inventory, NOW);
        const before = new Set([...inventory.layers.values()].flatMap((all) => all.map(({ key }) => key)));
        const gone = new Set(remove.map(({ object: { key } }) => key));
        const after = new Set([...before].filter((key) => !gone.has(key)));
        const rebuildable = (keys: Set<string>, path: string) =>
          keys.has(`bronze/${path}`) || (keys.has(`silver/${path}`) && keys.has(`anomalies/${path}`));
        const lost = PATHS.filter(
          (path) => after.has(`gold/${path}`) && rebuildable(before, path) && !rebuildable(after, path),
        );
        expect(warnings.flatMap(({ keys }) => keys)).toEqual(lost.map((path) => `gold/${path}`));
      }),
    );
  });
});

const ROWS = "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.9\n";

async function expireAt(storage: LakeStorage, days: number) {
  const plan = planExpire(await takeInventory(storage, NO_VERSIONS), days * DAY_MS);
  return { plan, done: await expire(storage, NO_VERSIONS, plan, { concurrency: 3 }) };
}

describe("expire", () => {
  it("changes nothing of what there is to do, whatever was landed, run and expired before", async () => {
    const step = fc.oneof(
      fc.record({ land: fc.constantFrom("bronze/a.csv", "bronze/b.csv", "silver/c.csv", "bronze/d.csv") }),
      fc.constant({ run: true }),
      fc.record({ days: fc.integer({ min: 1, max: 120 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const lake: ProcessContext = createLake();
        const { storage } = lake;
        const work = async () => (await planRun(storage)).work.map(({ object: { key, token } }) => `${key} ${token}`);
        for (const one of steps) {
          if ("land" in one) await put(storage, one.land, one.land.includes("d.csv") ? "no header" : ROWS);
          else if ("run" in one) await run(lake, { concurrency: 1 });
          else {
            const before = { work: await work(), keys: await keysOf(storage) };
            const { plan, done } = await expireAt(storage, one.days);
            expect(done).toEqual(plan);
            expect(await work()).toEqual(before.work);
            const gone = new Set(plan.remove.map(({ object: { key } }) => key));
            expect(await keysOf(storage)).toEqual(before.keys.filter((key) => !gone.has(key)));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("never removes a contract, a table or the state of a stream, however old", async () => {
    const { storage } = createLake();
    const keys = ["contracts/station.json", "state/stream/shard-1.json", "tables/readings/_delta_log/0.json"];
    const claim = { name: "station", prefix: "bronze/station/" };
    for (const key of [...keys, "gold/a.csv"]) await put(storage, key, JSON.stringify(claim));
    const tenYears = NOW / DAY_MS + 3653;
    expect((await expireAt(storage, tenYears)).done.remove.map(({ object: { key } }) => key)).toEqual(["gold/a.csv"]);
    expect(await keysOf(storage)).toEqual(keys);
    const old = keys.map((key) => ({ key, token: "t", size: 1, modified: NOW - 3653 * DAY_MS }));
    const inventory = {
      layers: new Map(["contracts", "state", "tables"].map((layer, i) => [layer, [old[i]]])),
      retained: new Map(),
      failed: [],
      work: new Set<string>(),
    };
    expect(planExpire(inventory, NOW)).toMatchObject({ remove: [], kept: [], failed: [] });
  });

  it("never removes the receipt of a batch in a table, which outlives its silver", async () => {
    const { storage } = createLake();
    const receipt = `receipts/${topology.functions.tables.name}/a.csv/t.a.json`;
    await put(storage, receipt, "{}");
    await put(storage, "receipts/vantageflow-silver-to-gold/a.csv/t.json", "{}");
    const plan = planExpire(await takeInventory(storage, NO_VERSIONS), NOW);
    expect(plan.remove.map(({ object: { key } }) => key)).toEqual(["receipts/vantageflow-silver-to-gold/a.csv/t.json"]);
    expect(plan.kept).toEqual([{ key: receipt, reason: "object_is_there" }]);
  });

  it("keeps what waits for a contract, and does nothing where it cannot be told what waits", async () => {
    const lake = createLake();
    const claim = { name: "station", prefix: "bronze/station/", suffixes: [".dat"] };
    await put(lake.storage, "contracts/claims/station.json", JSON.stringify(claim));
    const waiting = ["bronze/other.dat", "bronze/station/a.dat"];
    for (const key of [...waiting, "bronze/notes.xyz"]) await put(lake.storage, key, "x");
    const { done } = await expireAt(lake.storage, 100);
    expect(done.remove.map(({ object: { key } }) => key)).toEqual(["bronze/notes.xyz"]);
    expect(done.kept).toEqual(waiting.map((key) => ({ key, reason: "unprocessed" })));
    await put(lake.storage, "contracts/x.json", "{");
    await expect(expireAt(lake.storage, 100)).rejects.toMatchObject({ code: "contract_invalid" });
  });

  it("keeps an object that was replaced after the plan was made", async () => {
    const lake = createLake();
    await put(lake.storage, "gold/a.csv", "old");
    const plan = planExpire(await takeInventory(lake.storage, NO_VERSIONS), 100 * DAY_MS);
    await put(lake.storage, "gold/a.csv", "new");
    const done = await expire(lake.storage, NO_VERSIONS, plan, { concurrency: 1 });
    expect([done.remove, done.kept]).toEqual([[], [{ key: "gold/a.csv", reason: "replaced" }]]);
    expect(await keysOf(lake.storage)).toEqual(["gold/a.csv"]);
  });

  it("starts nothing more once it is asked to stop", async () => {
    const lake = createLake();
    for (const name of ["a", "b", "c"]) await put(lake.storage, `gold/${name}.csv`, "x");
    const plan = planExpire(await takeInventory(lake.storage, NO_VERSIONS), 100 * DAY_MS);
    let asked = 0;
    const done = await expire(lake.storage, NO_VERSIONS, plan, { concurrency: 1, stopped: () => ++asked > 1 });
    expect([done.remove.length, await keysOf(lake.storage)]).toEqual([1, ["gold/b.csv", "gold/c.csv"]]);
  });
});
