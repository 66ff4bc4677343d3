import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RECEIPTS, receiptFolder, receiptKey } from "../../src/ledger/names.ts";
import { allWork, pendingWork, planFunction, planRun, type Work } from "../../src/ledger/pending.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { type FunctionId, topology } from "../../src/topology.ts";
import { keysOf, put } from "../pipeline/lake.ts";

/** Names that begin one another, with characters before and after the slash: where two orders differ. */
const path = fc
  .array(fc.constantFrom("a", "a.csv", "a.csv-1", "a.csv!", "a.csv/b", "0", "~", "é", "a.csv/ff"), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => `${parts.join("")}.csv`);

describe("the plan of a function", () => {
  it("is what has no receipt for its token, or another beside it, whatever the names: as if all were looked up", async () => {
    const one = fc.record({ path, receipt: fc.constantFrom("none", "this", "older", "both") });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(one, { selector: (given) => given.path }), async (objects) => {
        const storage = createMemoryStorage();
        const { name, startedBy } = topology.functions.bronzeToSilver;
        const open: string[] = [];
        for (const { path, receipt } of objects) {
          const key = `${startedBy.prefix}${path}`;
          await put(storage, key, path);
          const token = (await storage.head(key))?.token ?? "";
          if (receipt === "this" || receipt === "both") await put(storage, receiptKey(name, key, token), "");
          if (receipt === "older" || receipt === "both") await put(storage, receiptKey(name, key, "older"), "");
          if (receipt !== "this") open.push(key);
        }
        const { work } = await planFunction(storage, "bronzeToSilver");
        for (const { object, isNew } of work) {
          const at = receiptFolder(name, object.key);
          expect([object.key, isNew]).toEqual([object.key, (await keysOf(storage, at)).length === 0]);
        }
        const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(work.map(({ object }) => object.key)).toEqual(open.sort(order));
      }),
      { numRuns: 300 },
    );
  });

  it("holds no more of a large lake than of a small one", async () => {
    const objects = 200_000;
    const name = (n: number) => `${String(n).padStart(7, "0")}.csv`;
    let most = 0;
    const storage: LakeStorage = {
      ...createMemoryStorage(),
      async *list(prefix) {
        for (let n = 0; n < objects; n++) {
          if (n % 50_000 === 49_999) most = Math.max(most, heapInUse());
          const key = prefix.startsWith(RECEIPTS) ? `${prefix}${name(n)}/t.json` : `${prefix}${name(n)}`;
          yield { key, token: "t", size: 1, modified: 0 };
        }
      },
    };
    const before = heapInUse();
    for await (const { object } of pendingWork(storage, "bronzeToSilver", () => {})) expect(object).toBeNull();
    // So many tokens in a map would be 30 MB.
    expect(most - before).toBeLessThan(5_000_000);
  });
});

describe("all work", () => {
  const work = (id: FunctionId, path: string): Work => {
    const key = `${topology.functions[id].startedBy.prefix}${path}`;
    return { function: id, object: { key, token: "t", size: 1, modified: 0 } };
  };
  const each = (works: readonly Work[]) =>
    async function* (id: FunctionId) {
      yield* works.filter((one) => one.function === id);
    };
  async function keysOf(works: readonly Work[], remembered?: number): Promise<string[]> {
    const keys: string[] = [];
    for await (const { object } of allWork(each(works), remembered)) keys.push(object.key);
    return keys;
  }

  it("is every function's, but what work on the same batch makes anew", async () => {
    const works = [
      work("silverToGold", "a.csv"),
      work("silverToGold", "alone.csv"),
      work("bronzeToSilver", "a.csv"),
      work("bronzeToSilver", "b.csv"),
    ];
    expect(await keysOf(works)).toEqual(["bronze/a.csv", "bronze/b.csv", "silver/alone.csv"]);
    expect(await keysOf(works.slice(0, 2))).toEqual(["silver/a.csv", "silver/alone.csv"]);
  });

  it("is the first function's alone, where there is more than is remembered", async () => {
    const works = [work("bronzeToSilver", "a.csv"), work("bronzeToSilver", "b.csv"), work("silverToGold", "c.csv")];
    expect(await keysOf(works, 3)).toEqual(["bronze/a.csv", "bronze/b.csv", "silver/c.csv"]);
    expect(await keysOf(works, 2)).toEqual(["bronze/a.csv", "bronze/b.csv"]);
  });

  it("is what the plan of all names, with what each function passes over", async () => {
    const storage = createMemoryStorage();
    for (const key of ["bronze/a.csv", "bronze/a.txt", "silver/a.csv", "silver/b.csv", "silver/.DS_Store"]) {
      await put(storage, key, "x");
    }
    const { work: planned, ignored, passedOver } = await planRun(storage);
    expect(planned.map(({ function: id, object }) => `${id} ${object.key}`)).toEqual([
      "bronzeToSilver bronze/a.csv",
      "silverToGold silver/b.csv",
    ]);
    expect([ignored, passedOver].map((skipped) => skipped.map(({ key }) => key))).toEqual([
      ["bronze/a.txt"],
      ["silver/.DS_Store"],
    ]);
  });
});

/** Bytes, after a collection. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
