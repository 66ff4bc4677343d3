import { describe, expect, it } from "vitest";
import { type BatchResult, type ProcessContext, processObject } from "../../src/emulator/process.ts";
import { run } from "../../src/emulator/run.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { bytesOf, createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const GOOD = `${HEADER}2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:01Z,A,3,C,0.9\n`;
const OUTPUTS = ["silver/b.csv", "anomalies/b.csv", "gold/b.csv"];

async function processed(content: string): Promise<ProcessContext> {
  const lake = createLake();
  await put(lake.storage, "bronze/b.csv", content);
  expect((await again(lake)).outcome).toBe("done");
  return lake;
}

async function again(lake: ProcessContext, key = "bronze/b.csv"): Promise<BatchResult> {
  const object = await lake.storage.head(key);
  if (object === null) throw new Error(`there is no ${key}`);
  return processObject(lake, key.startsWith("bronze/") ? "bronzeToSilver" : "silverToGold", object);
}

/** As `cp -r` leaves it: the same bytes, other tokens, no metadata. */
async function copyOf(lake: ProcessContext): Promise<ProcessContext> {
  const storage = createMemoryStorage();
  await put(storage, "elsewhere", "");
  for (const key of await keysOf(lake.storage)) await put(storage, key, (await bytesOf(lake.storage, key)) ?? "");
  return { ...lake, storage };
}

describe("in a copied lake", () => {
  it("silver goes to gold together with its anomalies, by what the split's receipt says", async () => {
    const copy = await copyOf(await processed(GOOD));
    const gold = await textOf(copy.storage, "gold/b.csv");
    await copy.storage.remove("gold/b.csv");
    expect((await again(copy, "silver/b.csv")).outcome).toBe("done");
    expect(await textOf(copy.storage, "gold/b.csv")).toBe(gold);
  });

  it("silver without its anomalies, or with changed ones, makes no gold", async () => {
    const lake = await processed(GOOD);
    for (const change of [
      (storage: LakeStorage) => storage.remove("anomalies/b.csv"),
      (storage: LakeStorage) => put(storage, "anomalies/b.csv", HEADER),
      (storage: LakeStorage) => put(storage, "silver/b.csv", HEADER),
    ]) {
      const copy = await copyOf(lake);
      await copy.storage.remove("gold/b.csv");
      await change(copy.storage);
      const { error } = await again(copy, "silver/b.csv");
      expect(["anomalies_missing", "sibling_pending"]).toContain(error?.code);
      expect(await copy.storage.head("gold/b.csv")).toBeNull();
    }
  });

  it("a refused file is known again and leaves no second dead letter", async () => {
    const lake = createLake();
    await put(lake.storage, "bronze/b.csv", "no header\n");
    await again(lake);
    const copy = await copyOf(lake);
    const results = await run(copy, { concurrency: 1 });
    expect(results.map(({ outcome, error }) => [outcome, error?.code])).toEqual([["refused", "columns_missing"]]);
    expect(await keysOf(copy.storage, "dead-letter/")).toEqual(await keysOf(lake.storage, "dead-letter/"));
  });
});

describe("a batch that comes again", () => {
  it("is made again when one of its outputs was changed, though its size is the same, or is gone", async () => {
    for (const key of OUTPUTS) {
      const lake = await processed(GOOD);
      const before = (await bytesOf(lake.storage, key)) ?? Buffer.alloc(0);
      await put(lake.storage, key, Buffer.alloc(before.length, "x"));
      expect([key, (await again(lake)).outcome]).toEqual([key, "done"]);
      expect(await bytesOf(lake.storage, key)).toEqual(before);
      await lake.storage.remove(key);
      expect([key, (await again(lake)).outcome]).toEqual([key, "done"]);
      expect(await bytesOf(lake.storage, key)).toEqual(before);
      expect((await again(lake)).outcome).toBe("already_ingested");
    }
  });

  it("is made again over receipts that are damaged, odd or far too large", async () => {
    for (const content of ["", "{", "null", "[]", '{"version":1}', " ".repeat(2 << 20)]) {
      const lake = await processed(GOOD);
      for (const key of await keysOf(lake.storage, "receipts/")) await put(lake.storage, key, content);
      expect([content.slice(0, 20), (await again(lake)).outcome]).toEqual([content.slice(0, 20), "done"]);
      expect((await again(lake)).outcome).toBe("already_ingested");
    }
  });
});

describe("a refused version", () => {
  it("leaves no silver and no gold of the version before", async () => {
    const lake = await processed(`${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`);
    await put(lake.storage, "bronze/b.csv", "no header\n");
    expect((await again(lake)).outcome).toBe("refused");
    for (const layer of ["silver/", "anomalies/", "gold/"]) expect(await keysOf(lake.storage, layer)).toEqual([]);
    await put(lake.storage, "bronze/b.csv", GOOD);
    expect((await again(lake)).outcome).toBe("done");
  });

  it("takes nothing from the good one that comes while it is being refused", async () => {
    const lake = await processed(GOOD);
    await put(lake.storage, "bronze/b.csv", "no header\n");
    let came = false;
    const storage: LakeStorage = {
      ...lake.storage,
      async create(key, lineage) {
        if (key.startsWith("dead-letter/") && !came) {
          came = true;
          await put(lake.storage, "bronze/b.csv", GOOD);
          await again(lake);
        }
        return lake.storage.create(key, lineage);
      },
    };
    const result = await again({ ...lake, storage });
    expect(["done", "already_ingested"]).toContain(result.outcome);
    for (const key of OUTPUTS) expect([key, await lake.storage.head(key)]).toEqual([key, expect.anything()]);
  });

  it("is one whose receipt or rejects could not be named: nothing of it is published", async () => {
    const longName = `bronze/${"n".repeat(190)}.csv`;
    const longKey = `bronze/${"d/".repeat(470)}b.csv`;
    for (const key of [longName, longKey]) {
      const lake = createLake();
      await put(lake.storage, key, `${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`);
      const { outcome, error } = await again(lake, key);
      expect([outcome, error?.code]).toEqual(["refused", "key_invalid"]);
      const published = await Promise.all(["silver/", "anomalies/", "gold/"].map((at) => keysOf(lake.storage, at)));
      expect(published.flat()).toEqual([]);
    }
  });

  it("is told of in a line, however long its column names are", async () => {
    const long = "n".repeat(300_000);
    for (const header of [`${long},${long}`, `"value ${" ".repeat(300_000)}",${long},VALUE${" ".repeat(300_000)}`]) {
      const lake = createLake();
      await put(lake.storage, "bronze/b.csv", `${header}\n1,2\n`);
      const { error } = await again(lake);
      expect(error?.message.length).toBeLessThan(1000);
      expect(error?.column?.length ?? 0).toBeLessThan(100);
    }
  });
});
