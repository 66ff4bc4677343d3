import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANOMALIES, BRONZE, batchPathOf, checkInputKey, isCsvName, outputKeys } from "../../src/ledger/layers.ts";

describe("the names of outputs", () => {
  it("keep the case of the batch's suffix", () => {
    expect(outputKeys("bronze/LOG00001.CSV")).toEqual({
      silver: "silver/LOG00001.CSV",
      anomalies: "anomalies/LOG00001.CSV",
      rejects: "anomalies/LOG00001.rejects.CSV",
      gold: "gold/LOG00001.CSV",
    });
  });

  const name = fc
    .tuple(fc.constantFrom("a", "b.csv", "x.rejects", "A", "y/z"), fc.constantFrom(".csv", ".CSV"))
    .map((parts) => parts.join(""))
    .filter((path) => !path.includes(".rejects."));

  it("are never those of two batches, and lead back to theirs", () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        const keys = Object.values(outputKeys(`${BRONZE}${one}`));
        expect(new Set(keys).size).toBe(4);
        for (const key of keys) expect(batchPathOf(key)).toBe(one);
        if (one !== other)
          expect(keys.some((key) => Object.values(outputKeys(`${BRONZE}${other}`)).includes(key))).toBe(false);
      }),
    );
  });

  it("of rejects are refused for an input, in whatever case", () => {
    for (const path of ["a.rejects.csv", "a.rejects.CSV", "a.REJECTS.CSV", "a.Rejects.csv"]) {
      expect(() => checkInputKey(`${BRONZE}${path}`), path).toThrow(expect.objectContaining({ code: "key_invalid" }));
    }
    expect(batchPathOf(`${ANOMALIES}a.rejects.Csv`)).toBe("a.rejects.Csv");
  });
});

it("a name is that of CSV in the case of the topology's suffixes only, as S3's filters tell case", () => {
  expect(["a.csv", "bronze/A.CSV"].filter((one) => !isCsvName(one))).toEqual([]);
  expect(["a.Csv", "a.csv.gz", "csv", "a.CSV/"].filter(isCsvName)).toEqual([]);
});
