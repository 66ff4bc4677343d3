import { describe, expect, it } from "vitest";
import { processObject } from "../../src/engine/foreground.ts";
import { run } from "../../src/engine/run.ts";
import { VantageflowError } from "../../src/errors.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { processOnce } from "../../src/functions/process.ts";
import type { BatchResult } from "../../src/functions/result.ts";
import { receiptKey } from "../../src/ledger/names.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { readReceipts } from "../../src/ledger/receipts.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { bytesOf, createLake, keysOf, put, textOf, writeReceipt } from "../pipeline/lake.ts";

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

it("leaves alone what is uploaded anew while it is processed, until that is whole", async () => {
  const lake = createLake();
  await put(lake.storage, "bronze/b.csv", GOOD);
  let isHalf = false;
  const storage: LakeStorage = {
    ...lake.storage,
    async read(key) {
      const reader = await lake.storage.read(key);
      if (key === "bronze/b.csv" && !isHalf) {
        isHalf = true;
        await put(lake.storage, key, `${HEADER}2025-01-01T00:00:00Z,PART,1,C,0.1\n`);
      }
      return reader;
    },
  };
  const { outcome } = await again({ ...lake, storage, isUnfinished: () => isHalf });
  expect([outcome, await keysOf(lake.storage, "silver/")]).toEqual(["superseded", []]);
  const old = { key: "bronze/b.csv", token: "of-before", size: 1, modified: 0 };
  const late = await processObject({ ...lake, isUnfinished: () => isHalf }, "bronzeToSilver", old);
  expect([late.outcome, await keysOf(lake.storage, "silver/")]).toEqual(["superseded", []]);
  expect((await again(lake)).outcome).toBe("done");
});

it("outputs whose digest has expired beside them are known by their bytes, and not made again", async () => {
  const lake = await processed(GOOD);
  const { storage } = lake;
  // As a bucket tells of an object that went up in parts.
  const head: LakeStorage["head"] = async (key) => {
    const known = await storage.head(key);
    return known?.metadata ? { ...known, metadata: { ...known.metadata, sha256: "" } } : known;
  };
  expect((await again({ ...lake, storage: { ...storage, head } })).outcome).toBe("already_ingested");
});

it("silver that nothing can rebuild is told of once, and becomes work again when its batch is split anew", async () => {
  const lake = await processed(GOOD);
  const { storage } = lake;
  for (const key of ["bronze/b.csv", "anomalies/b.csv", ...(await keysOf(storage, "receipts/"))]) {
    await storage.remove(key);
  }
  const outcomes = async () => (await run(lake, { concurrency: 1 })).map(({ key, outcome }) => `${key} ${outcome}`);
  const gold = await textOf(storage, "gold/b.csv");
  expect(await outcomes()).toEqual(["silver/b.csv not_rebuildable"]);
  expect([await outcomes(), (await planRun(storage)).work]).toEqual([[], []]);
  expect((await again(lake, "silver/b.csv")).outcome).toBe("not_rebuildable");
  expect(await keysOf(storage, "dead-letter/")).toEqual([]);
  await put(storage, "bronze/b.csv", GOOD);
  const bronze = await storage.head("bronze/b.csv");
  if (bronze === null) throw new Error("it was just put there");
  // In a bucket the same silver has the same token.
  const token = (await storage.head("silver/b.csv"))?.token ?? "";
  await processOnce(lake, "bronzeToSilver", bronze, { attempt: 1, fused: false });
  expect(await storage.head(receiptKey("vantageflow-silver-to-gold", "silver/b.csv", token))).toBeNull();
  expect(await outcomes()).toEqual(["silver/b.csv done"]);
  expect(await textOf(storage, "gold/b.csv")).toBe(gold);
});

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
    for (const key of [`bronze/${"d/".repeat(470)}b.csv`]) {
      const lake = createLake();
      await put(lake.storage, key, `${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`);
      const { outcome, error } = await again(lake, key);
      expect([outcome, error?.code]).toEqual(["refused", "key_invalid"]);
      const published = await Promise.all(["silver/", "anomalies/", "gold/"].map((at) => keysOf(lake.storage, at)));
      expect(published.flat()).toEqual([]);
    }
  });

  it("is not one whose name is just as long as names may be, rejects and all", async () => {
    const lake = createLake();
    const key = `bronze/${"n".repeat(196)}.csv`;
    await put(lake.storage, key, `${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`);
    expect([(await again(lake, key)).outcome, (await keysOf(lake.storage, "anomalies/")).length]).toEqual(["done", 2]);
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

it("a receipt of another version beside a batch's own ends no work, and goes when the batch is looked at again", async () => {
  const lake = await processed(GOOD);
  const [own] = await readReceipts(lake.storage, "vantageflow-process-iot", "bronze/b.csv");
  // As a slow run over the version before leaves it that is killed before it could take it back.
  await writeReceipt(lake.storage, { ...own, source: { ...own.source, token: "older", sha256: null, size: 1 } });
  expect((await planRun(lake.storage)).work.map(({ object }) => object.key)).toEqual(["bronze/b.csv"]);
  expect((await run(lake, { concurrency: 1 })).map(({ outcome }) => outcome)).toEqual(["already_ingested"]);
  expect(await keysOf(lake.storage, "receipts/vantageflow-process-iot/")).toHaveLength(1);
  expect((await planRun(lake.storage)).work).toEqual([]);
});

describe("what is made again", () => {
  it("is work until it is done: a crash in the middle of --reprocess hides nothing", async () => {
    const lake = await processed(GOOD);
    const other = { ...lake, settings: { ...lake.settings, anomalyThreshold: 0.95 } };
    const crashing = {
      ...other,
      storage: failing(lake.storage, (key) => key === "silver/b.csv"),
    };
    expect((await run(crashing, { concurrency: 1, reprocess: "" }))[0].outcome).toBe("failed");
    expect((await planRun(lake.storage)).work.map(({ object }) => object.key)).toEqual(["bronze/b.csv"]);
    await run(other, { concurrency: 1 });
    expect(await textOf(lake.storage, "gold/b.csv")).toContain("A,2,2.0,1.0,3.0,0,0.0");
  });

  it("never joins silver and anomalies of two thresholds", async () => {
    const lake = await processed(GOOD);
    const other = { ...lake, settings: { ...lake.settings, anomalyThreshold: 0.95 } };
    const crashing = { ...other, storage: failing(lake.storage, (key) => key === "silver/b.csv") };
    await run(crashing, { concurrency: 1, reprocess: "" });
    expect((await again(other, "silver/b.csv")).error?.code).toBe("sibling_pending");
  });
});

describe("a file that is refused", () => {
  const REJECTED = `${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`;

  it("takes nothing from the batch whose rejects file has its name", async () => {
    const lake = await processed(REJECTED);
    await put(lake.storage, "bronze/b.rejects.csv", REJECTED);
    expect((await again(lake, "bronze/b.rejects.csv")).error?.code).toBe("key_invalid");
    expect(await lake.storage.head("anomalies/b.rejects.csv")).not.toBeNull();
  });

  it("takes nothing from silver that somebody put there by hand, nor its gold", async () => {
    const lake = createLake();
    await put(lake.storage, "silver/b.csv", GOOD);
    await again(lake, "silver/b.csv");
    await put(lake.storage, "bronze/b.csv", "junk\n");
    expect((await again(lake)).outcome).toBe("refused");
    expect(await textOf(lake.storage, "silver/b.csv")).toBe(GOOD);
    expect(await lake.storage.head("gold/b.csv")).not.toBeNull();
    expect((await planRun(lake.storage)).work).toEqual([]);
  });

  it("keeps no silver beside it from being processed, not even when all is made again", async () => {
    const lake = createLake();
    await put(lake.storage, "silver/b.csv", GOOD);
    await put(lake.storage, "bronze/b.csv", "junk\n");
    const results = await run(lake, { concurrency: 1, reprocess: "" });
    expect(results.map(({ key, outcome }) => [key, outcome])).toEqual([
      ["bronze/b.csv", "refused"],
      ["silver/b.csv", "done"],
    ]);
  });

  it("in silver makes no work of bronze", async () => {
    const lake = await processed(GOOD);
    await lake.storage.remove("anomalies/b.csv");
    await put(lake.storage, "silver/b.csv", "junk\n");
    expect((await again(lake, "silver/b.csv")).outcome).toBe("refused");
    expect((await planRun(lake.storage)).work).toEqual([]);
    expect(await textOf(lake.storage, "silver/b.csv")).toBe("junk\n");
  });

  it("keeps nothing that a slow run over the version before publishes meanwhile", async () => {
    for (const slowAt of ["anomalies/b.csv", "silver/b.csv", "gold/b.csv", "receipts/"]) {
      const lake = createLake();
      await put(lake.storage, "bronze/b.csv", GOOD);
      let refused = false;
      const storage = before(lake.storage, slowAt, async () => {
        if (refused) return;
        refused = true;
        await put(lake.storage, "bronze/b.csv", "junk\n");
        expect((await again(lake)).outcome).toBe("refused");
      });
      expect([slowAt, (await again({ ...lake, storage })).outcome]).toEqual([slowAt, "refused"]);
      for (const key of OUTPUTS) expect([slowAt, key, await lake.storage.head(key)]).toEqual([slowAt, key, null]);
    }
  });
});

it("two runs over one batch leave no work, though the slower one publishes silver when the other is done", async () => {
  const lake = createLake();
  await put(lake.storage, "bronze/b.csv", GOOD);
  let slower: Promise<BatchResult> | null = null;
  const faster = again({
    ...lake,
    storage: before(lake.storage, "gold/b.csv", async () => {
      // The slower one has seen the silver that it is about to replace, and no gold.
      await new Promise<void>((isAtSilver) => {
        let waited = false;
        const storage = before(lake.storage, "silver/b.csv", async () => {
          isAtSilver();
          if (!waited) await faster;
          waited = true;
        });
        slower ??= again({ ...lake, storage });
      });
    }),
  });
  expect([(await faster).outcome, ((await slower) as BatchResult | null)?.outcome]).toEqual([
    "done",
    "already_ingested",
  ]);
  expect((await planRun(lake.storage)).work).toEqual([]);
});

it("two runs over one batch leave no work, though the slower one's receipt removes the other's", async () => {
  const lake = createLake();
  await put(lake.storage, "bronze/b.csv", GOOD);
  let came = false;
  const storage = before(lake.storage, "receipts/vantageflow-silver-to-gold/", async () => {
    if (came) return;
    came = true;
    expect((await again(lake)).outcome).toBe("done");
  });
  await again({ ...lake, storage });
  expect((await planRun(lake.storage)).work).toEqual([]);
});

it("a slow run removes no rejects that a newer version has written", async () => {
  const lake = createLake();
  await put(lake.storage, "bronze/b.csv", GOOD);
  let came = false;
  const storage = before(lake.storage, "anomalies/b.csv", async () => {
    if (came) return;
    came = true;
    await put(lake.storage, "bronze/b.csv", `${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`);
    expect((await again(lake)).outcome).toBe("done");
  });
  await again({ ...lake, storage });
  expect(await lake.storage.head("anomalies/b.rejects.csv")).not.toBeNull();
});

it.each([
  ["before they are published", "anomalies/b.rejects.csv"],
  ["before its silver is", "silver/b.csv"],
])("a slow run leaves no rejects beside a newer version that came %s, though it is killed then", async (_, slowAt) => {
  const lake = createLake();
  await put(lake.storage, "bronze/b.csv", `${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`);
  let came = false;
  const slow = before(lake.storage, slowAt, async () => {
    if (came) return;
    came = true;
    await put(lake.storage, "bronze/b.csv", GOOD);
    expect((await again(lake)).outcome).toBe("done");
  });
  const killed = { ...slow, read: (key: string) => (came ? Promise.reject(new Error("killed")) : slow.read(key)) };
  const storage = failing(killed, (key) => came && key === "silver/b.csv");
  expect((await again({ ...lake, storage })).outcome).toBe("failed");
  expect([came, await keysOf(lake.storage, "anomalies/")]).toEqual([true, ["anomalies/b.csv"]]);
  expect((await planRun(lake.storage)).work).toEqual([]);
});

it("rejects of a slow run that is killed before it could look behind them go when their batch is looked at again", async () => {
  const looks = [again, (lake: ProcessContext) => run(lake, { concurrency: 1, reprocess: "b.csv" })];
  for (const look of looks) {
    const lake = createLake();
    await put(lake.storage, "bronze/b.csv", `${GOOD}2025-01-01T00:00:02Z,A,x,C,0.1\n`);
    let came = false;
    const storage = before(lake.storage, "anomalies/b.rejects.csv", async () => {
      came = true;
      await put(lake.storage, "bronze/b.csv", GOOD);
      expect((await again(lake)).outcome).toBe("done");
    });
    const head = (key: string) => (came ? Promise.reject(new Error("killed")) : lake.storage.head(key));
    expect((await again({ ...lake, storage: { ...storage, head } })).outcome).toBe("failed");
    expect(await keysOf(lake.storage, "anomalies/")).toEqual(["anomalies/b.csv", "anomalies/b.rejects.csv"]);
    await look(lake);
    expect(await keysOf(lake.storage, "anomalies/")).toEqual(["anomalies/b.csv"]);
  }
});

/** Commits of some keys fail, as on a full disk. */
function failing(storage: LakeStorage, isHit: (key: string) => boolean): LakeStorage {
  return {
    ...storage,
    async create(key, lineage) {
      const writer = await storage.create(key, lineage);
      const fail = () => Promise.reject(new VantageflowError("storage_failed", "the disk is full", { key }));
      return isHit(key) ? { ...writer, commit: fail } : writer;
    },
  };
}

/** Something happens just before a key that begins like this is committed. */
function before(storage: LakeStorage, prefix: string, happens: () => Promise<void>): LakeStorage {
  return {
    ...storage,
    async create(key, lineage) {
      const writer = await storage.create(key, lineage);
      if (!key.startsWith(prefix)) return writer;
      return {
        ...writer,
        async commit(options) {
          await happens();
          return writer.commit(options);
        },
      };
    },
  };
}

it("a receipt that is renewed leaves none behind it without one: who came in between has written its own", async () => {
  const lake = await processed(GOOD);
  const silver = (await textOf(lake.storage, "silver/b.csv")) ?? "";
  await put(lake.storage, "silver/b.csv", silver);
  let came = false;
  const storage: LakeStorage = {
    ...lake.storage,
    async create(key, lineage) {
      const writer = await lake.storage.create(key, lineage);
      if (came || !key.startsWith("receipts/vantageflow-silver-to-gold/")) return writer;
      came = true;
      const [former] = await readReceipts(lake.storage, "vantageflow-silver-to-gold", "silver/b.csv");
      await put(lake.storage, "silver/b.csv", silver);
      const { token } = (await lake.storage.head("silver/b.csv"))!;
      await writeReceipt(lake.storage, { ...former, source: { ...former.source, token } });
      return writer;
    },
  };
  const object = (await lake.storage.head("silver/b.csv"))!;
  await processOnce({ ...lake, storage }, "silverToGold", object, { attempt: 1, fused: true });
  const { token } = (await lake.storage.head("silver/b.csv"))!;
  const receipts = await readReceipts(lake.storage, "vantageflow-silver-to-gold", "silver/b.csv");
  expect([came, receipts.map(({ source }) => source.token)]).toEqual([true, [token]]);
});
