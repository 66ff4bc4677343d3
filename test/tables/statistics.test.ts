import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Seen, statisticsOf } from "../../src/tables/delta/statistics.ts";

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const TEXT = [{ name: "t", type: "string" }] as const;

describe("the statistics of a file", () => {
  it("count rows and nulls exactly, and have no bounds of booleans and of what is all null", () => {
    const columns = [
      { name: "t", type: "string" },
      { name: "b", type: "boolean" },
      { name: "v", type: "double" },
    ] as const;
    const seen: Seen[] = [{ nulls: 5 }, { nulls: 0 }, { nulls: 2, min: -2.5, max: 1e100 }];
    expect(statisticsOf(5, columns, seen)).toEqual({
      numRecords: 5,
      minValues: { v: -2.5 },
      maxValues: { v: 1e100 },
      nullCount: { t: 5, b: 0, v: 2 },
    });
  });

  it("hold texts of any length between their bounds, in the order of UTF-8", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 90 }),
      fc.string({ unit: fc.constantFrom("\u{10ffff}", "\uffff", "\ud7ff", "a"), minLength: 60, maxLength: 70 }),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (texts) => {
        const sorted = texts.toSorted(compare);
        const { minValues, maxValues } = statisticsOf(texts.length, TEXT, [
          { nulls: 0, min: sorted[0], max: sorted[sorted.length - 1] },
        ]);
        for (const one of texts) {
          expect(compare(String(minValues.t), one)).toBeLessThanOrEqual(0);
          if (maxValues.t !== undefined) expect(compare(String(maxValues.t), one)).toBeGreaterThanOrEqual(0);
        }
        expect([...String(minValues.t)].length).toBeLessThanOrEqual(64);
        expect(String(maxValues.t ?? "").isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("leave a bound out where no character can be raised", () => {
    const highest = "\u{10ffff}".repeat(65);
    const { minValues, maxValues } = statisticsOf(1, TEXT, [{ nulls: 0, min: highest, max: highest }]);
    expect([minValues, maxValues]).toEqual([{ t: "\u{10ffff}".repeat(64) }, {}]);
  });

  it("have times in whole milliseconds, of years that every reader knows", () => {
    const columns = [{ name: "t", type: "timestamp" }] as const;
    const of = (min: number, max: number) => statisticsOf(1, columns, [{ nulls: 0, min, max }]);
    expect(of(0, 1_735_689_599_999)).toMatchObject({
      minValues: { t: "1970-01-01T00:00:00.000Z" },
      maxValues: { t: "2024-12-31T23:59:59.999Z" },
    });
    expect(of(-62_135_596_800_001, 253_402_300_800_000)).toMatchObject({ minValues: {}, maxValues: {} });
  });
});
