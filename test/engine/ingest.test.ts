import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ingestBatch } from "../../src/engine/ingest.ts";
import type { Pull } from "../../src/pipeline/source.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, keysOf, process, put, textOf } from "../pipeline/lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const ROW = "2025-01-01T00:00:00Z,A,1,C,0.1\n";
const ODD = "2025-01-01T00:00:00Z,A,1,C,0.9\n";
const BAD = "2025-01-01T00:00:00Z,A,x,C,0.9\n";
const KEY = "bronze/b.csv";

function pullOf(text: string, failAt = Number.POSITIVE_INFINITY): Pull {
  let position = 0;
  return (into) => {
    if (position >= failAt) throw new Error("EIO");
    const copied = Buffer.from(text).copy(into, 0, position, position + 20);
    position += copied;
    return copied;
  };
}

async function treeOf(storage: LakeStorage): Promise<Record<string, string | null>> {
  const keys = (await keysOf(storage)).filter((key) => !key.startsWith("receipts/"));
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await textOf(storage, key)])));
}

describe("a batch that lands while it is read", () => {
  const texts = fc
    .array(fc.constantFrom(HEADER, ROW, ODD, BAD, "nothing\n", "\0", '"'), { maxLength: 12 })
    .map((lines) => lines.join(""));

  it("leaves the lake that landing it first and processing it then leaves, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          texts,
          texts.map((text) => HEADER + text),
        ),
        async (text) => {
          const { storage, ...context } = createLake();
          const result = await ingestBatch({ ...context, storage }, "b.csv", pullOf(text), false);
          const wanted = createLake();
          const { result: apart } = await process(text, { storage: wanted.storage });
          expect([result.outcome, result.rows, result.outputs, result.error]).toEqual([
            apart.outcome,
            apart.rows,
            apart.outputs,
            apart.error,
          ]);
          expect(await treeOf(storage)).toEqual(await treeOf(wanted.storage));
          expect(await textOf(storage, KEY)).toBe(text);
        },
      ),
    );
  });

  it("is read once when all goes well, and no output is there before bronze is", async () => {
    const context = createLake();
    const order: string[] = [];
    const storage: LakeStorage = {
      ...context.storage,
      read(key) {
        order.push(`read ${key}`);
        return context.storage.read(key);
      },
      async create(key, options) {
        const writer = await context.storage.create(key, options);
        return {
          ...writer,
          async commit(options) {
            order.push(key);
            return writer.commit(options);
          },
        };
      },
    };
    await ingestBatch({ ...context, storage }, "b.csv", pullOf(HEADER + ROW + BAD), false);
    expect(order.filter((entry) => !entry.startsWith("receipts/"))).toEqual([
      KEY,
      "anomalies/b.csv",
      "anomalies/b.rejects.csv",
      "silver/b.csv",
      "gold/b.csv",
    ]);
  });

  it("lands nothing when its source fails, and says why", async () => {
    for (const failAt of [0, 20, 100]) {
      const context = createLake();
      const ingesting = ingestBatch(context, "b.csv", pullOf(HEADER + ROW + ROW, failAt), false);
      await expect(ingesting).rejects.toThrow("EIO");
      expect(await keysOf(context.storage)).toEqual([]);
    }
  });

  it("lands all of a file that is refused at its first line", async () => {
    const context = createLake();
    const text = `nothing\n${ROW.repeat(1000)}`;
    const result = await ingestBatch(context, "b.csv", pullOf(text), false);
    expect([result.outcome, await textOf(context.storage, KEY)]).toEqual(["refused", text]);
  });

  it("is processed as any other object when an output could not be written at first", async () => {
    const context = createLake();
    let failures = 1;
    const storage: LakeStorage = {
      ...context.storage,
      async create(key, options) {
        if (key === "silver/b.csv" && failures-- > 0) throw new Error("out of order");
        return context.storage.create(key, options);
      },
    };
    const result = await ingestBatch({ ...context, storage }, "b.csv", pullOf(HEADER + ROW), false);
    expect([result.outcome, await textOf(storage, "silver/b.csv")]).toEqual(["done", HEADER + ROW]);
  });

  it("takes a name that somebody else took meanwhile for what it is", async () => {
    const context = createLake();
    const source = pullOf(HEADER + ROW);
    const pull: Pull = async (into) => {
      await put(context.storage, KEY, "of somebody else");
      return source(into);
    };
    await expect(ingestBatch(context, "b.csv", pull, false)).rejects.toMatchObject({ code: "conflict" });
    await expect(ingestBatch(context, "b.csv", pullOf(HEADER + ROW), false)).rejects.toMatchObject({ code: "exists" });
    expect(await keysOf(context.storage)).toEqual([KEY]);
  });

  it("comes again under a name whose object is gone and whose receipt is not", async () => {
    const context = createLake();
    await ingestBatch(context, "b.csv", pullOf(HEADER + ROW), false);
    await context.storage.remove(KEY);
    const result = await ingestBatch(context, "b.csv", pullOf(HEADER + ODD), false);
    expect([result.outcome, await textOf(context.storage, "anomalies/b.csv")]).toEqual(["done", HEADER + ODD]);
  });
});
