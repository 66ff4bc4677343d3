import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addExactly, meanOf, totalOf } from "../../src/pipeline/average.ts";
import { averageOf, quotientOf, scaled } from "./exact.ts";
import { process } from "./lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const csvOf = (values: readonly (number | string)[], scores: readonly number[] = []) =>
  HEADER + values.map((value, i) => `2025-01-01T00:00:00Z,A,${value},C,${scores[i] ?? 0.1}\n`).join("");

async function goldOf(csv: string) {
  const { gold } = await process(csv);
  const [average, min, max] = (gold ?? "").split("\n")[1].split(",").slice(2, 5).map(Number);
  return { average, min, max };
}

/** As sensors report: some digits before and behind the point. */
const decimal = fc
  .tuple(fc.integer({ min: -99_999_999, max: 99_999_999 }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, places]) => Number(`${digits}e-${places}`));
const any = fc.double({ min: -1e12, max: 1e12, noNaN: true }).map((value) => (Math.abs(value) < 1e-12 ? 0 : value));
const wild = fc
  .tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: -100, max: 98 }))
  .map(([mantissa, exponent]) => Number(`${mantissa.toFixed(12)}e${exponent}`));
const scores = fc.array(fc.constantFrom(0.1, 0.9), { maxLength: 200 });

describe("the average of a device", () => {
  it("is that of the exact sum of its readings, rounded once, silver and anomalies together", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.oneof(decimal, any), { minLength: 1, maxLength: 200 }),
      scores,
      async (values, scores) => {
        expect((await goldOf(csvOf(values, scores))).average).toBe(averageOf(values));
      },
    );
    await fc.assert(property, { numRuns: 300 });
    expect((await goldOf(csvOf([20.0, 20.1, 20.2]))).average).toBe(20.1);
    expect((await goldOf(csvOf([1e16, 1, -1e16, 1]))).average).toBe(0.5);
  });

  it("is its value where that is always the same, however often and on whichever side", async () => {
    const property = fc.asyncProperty(
      fc.oneof(decimal, wild),
      fc.integer({ min: 1, max: 300 }),
      scores,
      async (value, count, scores) => {
        const { average, min, max } = await goldOf(csvOf(Array(count).fill(value), scores));
        expect([average, min, max].map((one) => one + 0)).toEqual(Array(3).fill(value + 0));
      },
    );
    await fc.assert(property, { numRuns: 300 });
    expect((await goldOf(csvOf(Array(5).fill("0.22")))).average).toBe(0.22);
  });

  it("never lies outside of its readings, whatever they are", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.oneof(decimal, wild), { minLength: 1, maxLength: 50 }),
      scores,
      async (values, scores) => {
        const { average, min, max } = await goldOf(csvOf(values, scores));
        expect(average).toBeGreaterThanOrEqual(min);
        expect(average).toBeLessThanOrEqual(max);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});

describe("a sum over batches", () => {
  const product = fc.tuple(fc.oneof(decimal, wild), fc.integer({ min: 1, max: 2 ** 40 }));

  it("is exact, and so the same in any order", () => {
    const property = fc.property(fc.array(product, { minLength: 1, maxLength: 40 }), (products) => {
      const count = products.reduce((sum, [, n]) => sum + n, 0);
      const exact = products.reduce((sum, [value, n]) => sum + scaled(value) * BigInt(n), 0n);
      for (const order of [products, products.toReversed(), products.toSorted(([a], [b]) => a - b)]) {
        const partials: number[] = [];
        for (const [value, n] of order) addExactly(partials, value, n);
        expect(partials.reduce((sum, part) => sum + scaled(part), 0n)).toBe(exact);
        expect(meanOf(totalOf(partials), count, -Infinity, Infinity)).toBe(quotientOf(exact, BigInt(count)));
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
