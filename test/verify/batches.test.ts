import { describe, expect, it } from "vitest";
import { batchPathOf } from "../../src/ledger/layers.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { comparePaths, listBatches, lookAt } from "../../src/verify/batches.ts";
import { put } from "../pipeline/lake.ts";

const SPLIT = "receipts/vantageflow-process-iot/";
const GOLD = "receipts/vantageflow-silver-to-gold/";

/** Names that begin one another, in which listings of objects, of rejects and of receipts differ in their order. */
const PATHS = [
  "a.csv",
  "a",
  "a-1.csv",
  "a.csv.csv",
  "a.d.csv",
  "a.rejects-1.csv",
  "a.s.csv",
  "a/b.csv",
  "ab.csv",
  "é.csv",
  "Z.csv",
];

async function lakeOf(paths: readonly string[]) {
  const storage = createMemoryStorage();
  for (const path of paths) {
    for (const layer of ["bronze/", "silver/", "anomalies/", "gold/"]) await put(storage, `${layer}${path}`, layer);
    if (!path.endsWith(".csv")) continue;
    await put(storage, `anomalies/${path.slice(0, -4)}.rejects.csv`, "rejects");
    await put(storage, `${SPLIT}${path}/t1.json`, "{}");
    await put(storage, `${GOLD}${path}/t2.json`, "{}");
    await put(storage, `${GOLD}${path}/t3.json`, "{}");
  }
  return storage;
}

const listed = async (storage: ReturnType<typeof createMemoryStorage>, prefix = "") => {
  const batches = [];
  for await (const batch of listBatches(storage, prefix)) batches.push(batch);
  return batches;
};

describe("the batches of a lake", () => {
  it("are told once each, with all that they have, whatever their names do to the order of listings", async () => {
    const storage = await lakeOf(PATHS);
    const batches = await listed(storage);
    expect(batches.map(({ path }) => path)).toEqual(PATHS.toSorted(comparePaths));
    for (const batch of batches) {
      expect(await lookAt(storage, batch.path)).toMatchObject(batch);
      const { objects, receipts } = batch;
      const isUsable = batch.path.endsWith(".csv");
      const keys = Object.values(objects).flatMap((object) => object?.key ?? []);
      expect([batch.path, keys.length, keys.map((key) => batchPathOf(key))]).toEqual([
        batch.path,
        isUsable ? 5 : 4,
        keys.map(() => batch.path),
      ]);
      expect([receipts.bronzeToSilver.length, receipts.silverToGold.length]).toEqual(isUsable ? [1, 2] : [0, 0]);
    }
  });

  it("of a prefix are those whose path begins with it, rejects and receipts included", async () => {
    const storage = await lakeOf(PATHS);
    const all = await listed(storage);
    for (const prefix of ["a", "a.", "a.c", "a.cs", "a.csv", "a/", "é", "none"]) {
      expect(await listed(storage, prefix)).toEqual(all.filter(({ path }) => path.startsWith(prefix)));
    }
  });

  it("are told where only one thing of them is left", async () => {
    const left = ["anomalies/x.rejects.csv", `${SPLIT}y.csv/t.json`, "gold/z.csv"];
    const storage = createMemoryStorage();
    for (const key of [...left, `${SPLIT}stray.json`, "receipts/verify/last.json"]) await put(storage, key, "{}");
    expect((await listed(storage)).map(({ path }) => path)).toEqual(["x.csv", "y.csv", "z.csv"]);
  });
});
