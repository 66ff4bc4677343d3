import { describe, expect, it } from "vitest";
import { redrive } from "../../src/engine/redrive.ts";
import { run } from "../../src/engine/run.ts";
import { explain, nextOf } from "../../src/ledger/explain.ts";
import { orphansOf } from "../../src/ledger/orphans.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { createMonitor } from "../../src/monitor/monitor.ts";
import { readGold } from "../../src/report/gold.ts";
import { planExpire, takeInventory } from "../../src/retention/plan.ts";
import { verify } from "../../src/verify/verify.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

/** Batches of CSV whose names look like those of what is made of a source of another suffix: lakes had them before there were any. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const ROWS = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:00Z,A,2,C,0.9\nx\n`;
const OLD = "bronze/s/x.dat.csv";
const NEW = "bronze/s/x.dat";
const OUTPUTS = ["silver/s/x.dat.csv", "anomalies/s/x.dat.csv", "anomalies/s/x.dat.rejects.csv", "gold/s/x.dat.csv"];
const CONTRACT = JSON.stringify({
  ...{ version: 1, name: "s", prefix: "bronze/s/", suffixes: [".dat"] },
  format: { type: "csv" },
});

async function oldLake() {
  const context = createLake();
  await put(context.storage, OLD, ROWS);
  await put(context.storage, "bronze/y.csv", ROWS);
  const results = await run(context, { concurrency: 1 });
  expect(results.map(({ outcome }) => outcome)).toEqual(["done", "done"]);
  return context;
}

type Lake = Awaited<ReturnType<typeof oldLake>>;

async function verified({ storage }: Lake, prefix = "") {
  const checkpoints = { read: async () => null, write: async () => {}, clear: async () => {} };
  const options = { storage, versions: null, source: null, now: 0, code: "test", anomalyThreshold: 0.5 };
  return verify({ ...options, prefix, concurrency: 1, checkpoints });
}

const statesOf = async (lake: Lake) =>
  (await verified(lake)).suspects.flatMap(({ findings }) => findings.map(({ key, state }) => [key, state]));

const explained = ({ storage }: Lake, key: string) =>
  explain(storage, key, {
    failuresOf: async () => [],
    isUnfinished: () => false,
    absences: { versions: null, now: 0 },
  });

const overviewOf = ({ storage }: Lake) => createMonitor({ storage, failures: null, now: () => 1000 }).refresh();

describe("a batch x.dat.csv of before there was the suffix .dat", () => {
  it("is read as any other CSV, and is one batch wherever it is told of", async () => {
    const lake = await oldLake();
    const { storage } = lake;
    expect((await keysOf(storage)).filter((key) => /^(silver|anomalies|gold)\/s/.test(key)).toSorted()).toEqual(
      OUTPUTS.toSorted(),
    );
    expect((await planRun(storage)).work).toEqual([]);
    const overview = await overviewOf(lake);
    expect([overview.health.reasons.map(({ code }) => code), overview.work.waiting, overview.ignored.count]).toEqual([
      expect.not.arrayContaining(["outputs_orphaned"]),
      0,
      0,
    ]);
    expect(overview.batches.map(({ key }) => key).toSorted()).toEqual([OLD, "bronze/y.csv"]);
    const { suspects, counts } = await verified(lake);
    expect([suspects, counts.intact]).toEqual([[], 10]);
    expect((await verified(lake, "s/x.dat.csv")).counts.intact).toBe(5);
    expect((await verified(lake, "gold/s/x.dat.csv")).counts.intact).toBe(1);
    expect((await readGold(storage, {})).devices[0].total_readings).toBe(4);
    const monitor = createMonitor({ storage, failures: null, now: () => 1000 });
    for (const key of [OLD, ...OUTPUTS]) {
      const told = await explained(lake, key);
      expect(told.parts.map(({ source, receipt }) => [source, receipt?.outcome])).toEqual([
        [OLD, "done"],
        [OUTPUTS[0], "done"],
      ]);
      expect(nextOf(told)).toEqual({ does: "nothing" });
      const detail = await monitor.batch(key);
      expect(detail?.objects.map((one) => [one.key, one.object !== null])).toEqual(
        [OLD, ...OUTPUTS].map((one) => [one, true]),
      );
    }
  });

  it("is made again as it was, by its old name and by a redrive", async () => {
    const lake = await oldLake();
    const before = await textOf(lake.storage, OUTPUTS[3]);
    for (const reprocess of ["s/x.dat.csv", "s/x.dat", "bronze/s/x.dat.csv"]) {
      const results = await run(lake, { concurrency: 1, reprocess });
      expect([reprocess, results.map(({ key, outcome }) => [key, outcome])]).toEqual([reprocess, [[OLD, "done"]]]);
    }
    expect((await redrive(lake, { function: "bronzeToSilver", key: OLD }))?.outcome).toBe("done");
    expect(await textOf(lake.storage, OUTPUTS[3])).toBe(before);
    expect(await keysOf(lake.storage, "dead-letter/")).toEqual([]);
  });

  it("has orphans once its bronze is taken away, and expires with a warning as any other", async () => {
    const lake = await oldLake();
    const { storage } = lake;
    const noVersions = { async *retained() {} } as never;
    const plan = planExpire(await takeInventory(storage, noVersions), 45 * 86_400_000);
    expect(plan.warnings[0].keys).toContain(OUTPUTS[3]);
    expect(plan.remove.map(({ object }) => object.key)).toContain(OLD);
    await storage.remove(OLD);
    const orphans = await orphansOf({ storage, versions: null, now: 0 }, "s/x.dat");
    expect(orphans.map(({ key }) => key).toSorted()).toEqual(OUTPUTS.toSorted());
    expect((await overviewOf(lake)).health.reasons.map(({ code }) => code)).toContain("outputs_orphaned");
    expect(await statesOf(lake)).toEqual(OUTPUTS.map((key) => [key, "orphaned"]));
  });

  it("keeps its outputs when a batch x.dat comes, which is refused, until it goes", async () => {
    const lake = await oldLake();
    const { storage } = lake;
    const before = await Promise.all(OUTPUTS.map((key) => textOf(storage, key)));
    await put(storage, "contracts/s.json", CONTRACT);
    await put(storage, NEW, ROWS.replaceAll(",A,", ",B,"));
    const [refused] = await run(lake, { concurrency: 1 });
    expect([refused.key, refused.outcome, refused.error?.code]).toEqual([NEW, "refused", "key_invalid"]);
    expect(refused.error?.message).toContain(`"${OLD}"`);
    expect(await Promise.all(OUTPUTS.map((key) => textOf(storage, key)))).toEqual(before);
    expect(await statesOf(lake)).toContainEqual([NEW, "unknown"]);
    expect((await verified(lake)).counts).toMatchObject({ changed: 0, missing: 0, orphaned: 0, intact: 10 });
    expect((await run(lake, { concurrency: 1, reprocess: OLD })).map(({ outcome }) => outcome)).toEqual(["done"]);
    await storage.remove(OLD);
    const [done] = await run(lake, { concurrency: 1, reprocess: NEW });
    expect([done.key, done.outcome, done.error]).toEqual([NEW, "done", null]);
    expect(await textOf(storage, OUTPUTS[3])).toContain("B,");
    expect((await verified(lake)).counts).toMatchObject({
      changed: 0,
      missing: 0,
      orphaned: 0,
      unknown: 0,
      intact: 10,
    });
  });

  it("keeps its outputs in a lake that was copied without what the store keeps of them", async () => {
    const lake = await oldLake();
    const copy = createLake();
    for (const key of await keysOf(lake.storage)) {
      await put(copy.storage, key, (await textOf(lake.storage, key))!);
    }
    await put(copy.storage, "contracts/s.json", CONTRACT);
    await put(copy.storage, NEW, ROWS.replaceAll(",A,", ",B,"));
    const results = await run(copy, { concurrency: 1 });
    const said = results.find(({ key }) => key === NEW);
    expect([said?.outcome, said?.error?.message]).toEqual([
      "refused",
      expect.stringContaining(`the names of what is made of "${OLD}"`),
    ]);
    expect(await textOf(copy.storage, OUTPUTS[3])).toContain("A,");
  });

  it("is refused itself where a batch x.dat was processed before it", async () => {
    const context = createLake();
    await put(context.storage, "contracts/s.json", CONTRACT);
    await put(context.storage, NEW, ROWS);
    await run(context, { concurrency: 1 });
    const before = await Promise.all(OUTPUTS.map((key) => textOf(context.storage, key)));
    await put(context.storage, OLD, ROWS.replaceAll(",A,", ",B,"));
    const [refused] = await run(context, { concurrency: 1 });
    expect([refused.key, refused.outcome]).toEqual([OLD, "refused"]);
    const again = await run(context, { concurrency: 1, reprocess: NEW });
    expect(again.map(({ key, outcome }) => [key, outcome])).toEqual([
      [NEW, "done"],
      [OLD, "refused"],
    ]);
    expect(await Promise.all(OUTPUTS.map((key) => textOf(context.storage, key)))).toEqual(before);
    expect((await verified(context)).counts).toMatchObject({ changed: 0, missing: 0, orphaned: 0, intact: 5 });
  });
});
