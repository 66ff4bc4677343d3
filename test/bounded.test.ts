import { availableParallelism } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forEachBounded, mapBounded, mapEach } from "../src/bounded.ts";

describe("mapBounded", () => {
  it("keeps order, maps each item once, and holds both limits: of all, and of large ones", async () => {
    const sizes = fc.array(fc.constantFrom(1, 100 * 1024 * 1024), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 20 }), async (all, limit) => {
        const [now, most] = [
          { all: 0, large: 0 },
          { all: 0, large: 0 },
        ];
        const items = all.map((size, i) => ({ size, i }));
        const results = await mapBounded(
          items,
          limit,
          async ({ size, i }) => {
            const large = size > 1 ? 1 : 0;
            now.all++;
            now.large += large;
            most.all = Math.max(most.all, now.all);
            most.large = Math.max(most.large, now.large);
            await new Promise((next) => setImmediate(next));
            now.all--;
            now.large -= large;
            return i;
          },
          ({ size }) => size,
        );
        expect(results).toEqual(items.map(({ i }) => i));
        expect([most.all <= limit, most.large <= availableParallelism()]).toEqual([true, true]);
        if (all.every((size) => size === 1)) expect(most.all).toBe(Math.min(limit, all.length));
      }),
    );
  });
});

describe("mapBounded, of items whose size is another one later", () => {
  it.each([100 * 1024, 8 * 1024 * 1024])(
    "leaves none out: files of %i bytes that are moved away meanwhile",
    async (size) => {
      const sizes = Array.from({ length: 100 }, () => size);
      const done = await mapBounded(
        [...sizes.keys()],
        64,
        async (item) => {
          await new Promise((next) => setImmediate(next));
          sizes[item] = 0;
          return item;
        },
        (item) => sizes[item],
      );
      expect(done).toEqual([...sizes.keys()]);
    },
  );
});

type Bounded = (items: number[], limit: number, each: (item: number) => Promise<void>) => Promise<unknown>;

describe.each<[string, Bounded]>([
  ["mapBounded", mapBounded],
  ["forEachBounded", forEachBounded],
])("%s", (_, bounded) => {
  it("takes no further item after a failure, and throws it once nothing is in flight any more", async () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const taken: number[] = [];
    let inFlight = 0;
    const each = async (item: number) => {
      taken.push(item);
      inFlight++;
      await new Promise((next) => setTimeout(next, item === 1 ? 1 : 10));
      inFlight--;
      if (item === 1) throw new Error("no");
    };
    await expect(bounded(items, 4, each)).rejects.toThrow("no");
    expect([taken, inFlight]).toEqual([[0, 1, 2, 3], 0]);
  });
});

describe("mapEach", () => {
  const options = { concurrency: 3, keyOf: (n: number) => `bronze/${n}` };

  it("does all others whatever some throw, and tells both in the order of the items", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("done", "nothing", "error", "text"), { maxLength: 20 }),
        async (fates) => {
          const result = await mapEach([...fates.keys()], options, async (n) => {
            await new Promise((next) => setTimeout(next, (n * 7) % 3));
            if (fates[n] === "error") throw new Error(`no ${n}`);
            if (fates[n] === "text") throw `no ${n}`;
            return fates[n] === "done" ? n : null;
          });
          const numbers = [...fates.keys()];
          const failed = numbers.filter((n) => ["error", "text"].includes(fates[n]));
          expect(result).toEqual({
            done: numbers.filter((n) => fates[n] === "done"),
            failed: failed.map((n) => ({ key: `bronze/${n}`, message: `no ${n}` })),
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("starts nothing more once it is asked to stop", async () => {
    let asked = 0;
    const stopped = () => ++asked > 2;
    expect(await mapEach([1, 2, 3], { ...options, concurrency: 1, stopped }, async (n) => n)).toEqual({
      done: [1, 2],
      failed: [],
    });
  });
});
