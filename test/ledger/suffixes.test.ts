import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bronzeToGold } from "../../src/pipeline/stages.ts";
import json from "../../src/topology.json" with { type: "json" };
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

/** What becomes of names that do not end in `.csv`: by the topology as it is, and by one that declares `.dat`. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const CONTRACT = JSON.stringify({
  ...{ version: 1, name: "s", prefix: "bronze/", suffixes: [".dat"] },
  format: { type: "csv" },
});
const ROWS = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:00Z,A,2,C,0.9\nx\n`;

it("an undeclared suffix is refused: report and status passed over what was made of it", async () => {
  const lake = createLake();
  await put(lake.storage, "bronze/x.xyz", ROWS);
  await expect(bronzeToGold(lake, "bronze/x.xyz")).rejects.toMatchObject({
    code: "key_invalid",
    message: expect.stringMatching(/only names ending in ".csv" or .* are processed/),
  });
  expect(await keysOf(lake.storage)).toEqual(["bronze/x.xyz"]);
});

async function loadWithDat() {
  vi.resetModules();
  vi.doMock("../../src/topology.json", () => ({ default: { ...json, suffixes: [".csv", ".CSV", ".dat"] } }));
  return {
    ...(await import("../../src/engine/run.ts")),
    ...(await import("../../src/functions/handler.ts")),
    ...(await import("../../src/ledger/explain.ts")),
    ...(await import("../../src/ledger/layers.ts")),
    ...(await import("../../src/ledger/names.ts")),
    ...(await import("../../src/ledger/orphans.ts")),
    ...(await import("../../src/ledger/pending.ts")),
    ...(await import("../../src/ledger/s3-event.ts")),
    ...(await import("../../src/monitor/monitor.ts")),
    ...(await import("../../src/report/gold.ts")),
    ...(await import("../../src/retention/plan.ts")),
    ...(await import("../../src/storage/memory.ts")),
    ...(await import("../../src/verify/batches.ts")),
    ...(await import("../../src/verify/verify.ts")),
    topology: await import("../../src/topology.ts"),
  };
}

describe("a declared suffix", () => {
  let code: Awaited<ReturnType<typeof loadWithDat>>;
  beforeAll(async () => {
    code = await loadWithDat();
  });
  afterAll(() => void vi.doUnmock("../../src/topology.json"));

  const OUTPUTS = ["anomalies/s/x.dat.csv", "anomalies/s/x.dat.rejects.csv", "gold/s/x.dat.csv", "silver/s/x.dat.csv"];
  const SPLIT = json.functions.bronzeToSilver.name;
  const AGGREGATE = json.functions.silverToGold.name;

  async function landed() {
    const context = createLake({}, code.createMemoryStorage());
    await put(context.storage, "contracts/s.json", CONTRACT);
    await put(context.storage, "bronze/s/x.dat", ROWS);
    await put(context.storage, "bronze/y.csv", ROWS);
    await code.run(context, { concurrency: 1 });
    return context;
  }

  const receiptsOf = (keys: readonly string[]) =>
    keys.filter((key) => key.startsWith("receipts/") && key.includes("x.dat"));
  const verified = async (context: Awaited<ReturnType<typeof landed>>) => {
    const checkpoints = { read: async () => null, write: async () => {}, clear: async () => {} };
    const { storage } = context;
    const options = { storage, versions: null, source: null, now: 0, code: "test", anomalyThreshold: 0.5 };
    return code.verify({ ...options, prefix: "", concurrency: 1, checkpoints });
  };

  it("is followed by .csv in every layer behind bronze, and the batch is seen whole wherever it is told of", async () => {
    const context = await landed();
    const { storage } = context;
    const keys = await keysOf(storage);
    expect(keys.filter((key) => /^(silver|anomalies|gold)\/s/.test(key))).toEqual(OUTPUTS);
    expect(receiptsOf(keys)).toEqual([
      expect.stringMatching(`^receipts/${SPLIT}/s/x.dat/`),
      expect.stringMatching(`^receipts/${AGGREGATE}/s/x.dat.csv/`),
    ]);
    expect((await code.planRun(storage)).work).toEqual([]);
    const { devices, failed } = await code.readGold(storage, {});
    expect([devices.map((one) => [one.device_id, one.total_readings]), failed]).toEqual([[["A", 4]], []]);
    const monitor = code.createMonitor({ storage, failures: null, now: () => 1000 });
    const overview = await monitor.refresh();
    expect(overview.batches.map(({ key }) => key).toSorted()).toEqual(["bronze/s/x.dat", "bronze/y.csv"]);
    expect([overview.ignored.count, overview.work.waiting, overview.devices.total]).toEqual([0, 0, 1]);
    expect((await monitor.device("A"))?.batches.map(({ key }) => key)).toContain("bronze/s/x.dat");
    for (const key of ["bronze/s/x.dat", ...OUTPUTS]) {
      const batch = await monitor.batch(key);
      expect(batch?.objects.filter(({ object }) => object !== null).map((one) => one.key)).toEqual([
        "bronze/s/x.dat",
        OUTPUTS[3],
        OUTPUTS[0],
        OUTPUTS[1],
        OUTPUTS[2],
      ]);
      expect(batch?.functions.map(({ receipt }) => (receipt as { outcome?: string } | null)?.outcome)).toEqual([
        "done",
        "done",
      ]);
      const told = await code.explain(storage, key, {
        failuresOf: async () => [],
        isUnfinished: () => false,
        absences: { versions: null, now: 0 },
      });
      expect(told.parts.map(({ source, receipt }) => [source, receipt?.outcome])).toEqual([
        ["bronze/s/x.dat", "done"],
        ["silver/s/x.dat.csv", "done"],
      ]);
      expect(code.nextOf(told)).toEqual({ does: "nothing" });
    }
  });

  it("is verified, its orphans are found, and expire keeps its receipts with it", async () => {
    const context = await landed();
    const { storage } = context;
    const whole = await verified(context);
    expect([whole.error, whole.suspects, whole.counts.intact]).toEqual([null, [], 10]);
    const noVersions = { async *retained() {} } as never;
    const plan = code.planExpire(await code.takeInventory(storage, noVersions), 45 * 86_400_000);
    const removed = plan.remove.map(({ object }) => object.key).filter((key) => key.includes("x.dat"));
    expect(removed).toEqual(["bronze/s/x.dat", "anomalies/s/x.dat.csv", "anomalies/s/x.dat.rejects.csv"]);
    expect(plan.warnings[0].keys).toContain("gold/s/x.dat.csv");
    await storage.remove("bronze/s/x.dat");
    const orphans = await code.orphansOf({ storage, versions: null, now: 0 }, "s/x.dat");
    expect(orphans.map(({ key }) => key).toSorted()).toEqual(OUTPUTS);
    const monitor = code.createMonitor({ storage, failures: null, now: () => 1000 });
    expect((await monitor.refresh()).health.reasons.map((one) => one.code)).toContain("outputs_orphaned");
    expect((await verified(context)).suspects.map(({ path }) => path)).toEqual(["s/x.dat"]);
  });

  it("is listed batch by batch beside names that begin it or that it begins", async () => {
    const storage = code.createMemoryStorage();
    const paths = [
      ...["x.dat", "x", "x-1.dat", "x.dat-1.csv", "x.dat-1.dat", "x.dat.d.csv", "x.dat.e.dat", "x.dat.s.dat"],
      ...["x.dat/b.csv", "x.dat/b.dat", "x.dat0.csv", "x.dat0.dat", "x.csv", "x.csv.dat", "x.csv/c.dat", "é.dat"],
    ];
    const batches = paths.filter((path) => code.isSourceName(path));
    for (const path of paths) await put(storage, `bronze/${path}`, "1");
    for (const path of batches) {
      const { silver, ...others } = code.outputKeys(`bronze/${path}`);
      for (const key of [silver, ...Object.values(others)]) await put(storage, key, "1");
      await put(storage, code.receiptKey(SPLIT, `bronze/${path}`, "t"), "{}");
      await put(storage, code.receiptKey(AGGREGATE, silver, "t"), "{}");
    }
    const listed = [];
    for await (const batch of code.listBatches(storage)) listed.push(batch);
    expect(listed.map(({ path }) => path)).toEqual(paths.toSorted(code.comparePaths));
    for (const { path, objects, receipts } of listed) {
      const counts = [Object.values(objects).filter(Boolean).length, Object.values(receipts).flat().length];
      expect([path, ...counts]).toEqual([path, ...(batches.includes(path) ? [5, 2] : [1, 0])]);
    }
    for (const path of batches) {
      const [one, ...more] = listed.filter((batch) => batch.path === path);
      expect([await code.lookAt(storage, path), more]).toMatchObject([one, []]);
    }
  });

  it("starts the function of its layer, by an event as well", async () => {
    const { triggeredBy } = code.topology;
    expect(
      ["bronze/x.dat", "silver/x.dat.csv", "silver/x.dat", "gold/x.dat.csv"].map((key) => triggeredBy(key)),
    ).toEqual(["bronzeToSilver", "silverToGold", null, null]);
    const context = createLake({}, code.createMemoryStorage());
    await put(context.storage, "contracts/s.json", CONTRACT);
    await put(context.storage, "bronze/x.dat", ROWS);
    for (const [id, key] of [
      ["bronzeToSilver", "bronze/x.dat"],
      ["silverToGold", "silver/x.dat.csv"],
    ] as const) {
      const head = (await context.storage.head(key))!;
      const handle = code.createHandler({ ...context, bucket: "b", stage: "dev", log: () => {} } as never, id);
      const { batches } = await handle(code.s3PutEvent("b", head, "t"));
      expect(batches.map((one) => [one.key, one.outcome])).toEqual([[key, "done"]]);
    }
    expect(await textOf(context.storage, "gold/x.dat.csv")).toContain("A,");
  });

  it("is work again as one batch, and silver that its bronze writes anew is none of its own", async () => {
    const { storage } = await landed();
    const again = (await code.planRun(storage, "s/x.dat")).work.map(({ object }) => object.key);
    expect(again).toEqual(["bronze/s/x.dat"]);
  });

  it("makes its name with .csv behind it that of its outputs, so that a batch of that name is refused", async () => {
    const context = await landed();
    await put(context.storage, "bronze/s/x.dat.csv", ROWS);
    const [refused] = await code.run(context, { concurrency: 1 });
    expect([refused.key, refused.outcome, refused.error]).toMatchObject([
      "bronze/s/x.dat.csv",
      "refused",
      { code: "key_invalid", message: expect.stringContaining('"bronze/s/x.dat"') },
    ]);
    expect((await code.readGold(context.storage, {})).devices[0].total_readings).toBe(4);
    expect(() => code.checkInputKey("silver/s/x.dat.csv")).not.toThrow();
  });
});
