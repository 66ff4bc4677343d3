import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ANOMALIES,
  BRONZE,
  batchPathOf,
  checkInputKey,
  GOLD,
  isCsvName,
  isSourceName,
  keyIn,
  keysIn,
  outputKeys,
  SILVER,
} from "../../src/ledger/layers.ts";

describe("the names of outputs", () => {
  it("keep the case of the batch's suffix", () => {
    expect(outputKeys("bronze/LOG00001.CSV")).toEqual({
      silver: "silver/LOG00001.CSV",
      anomalies: "anomalies/LOG00001.CSV",
      rejects: "anomalies/LOG00001.rejects.CSV",
      gold: "gold/LOG00001.CSV",
    });
  });

  it("have .csv behind the whole name of any other suffix that sources may have", () => {
    const suffixes = [".csv", ".CSV", ".dat"];
    expect(outputKeys("bronze/s/x.dat", suffixes)).toEqual({
      silver: "silver/s/x.dat.csv",
      anomalies: "anomalies/s/x.dat.csv",
      rejects: "anomalies/s/x.dat.rejects.csv",
      gold: "gold/s/x.dat.csv",
    });
    expect(outputKeys("silver/s/x.dat.csv", suffixes)).toEqual(outputKeys("bronze/s/x.dat", suffixes));
    for (const key of ["gold/x.dat.csv", "anomalies/x.dat.rejects.csv", "bronze/x.dat"]) {
      expect(batchPathOf(key, suffixes)).toBe("x.dat");
    }
    // Undeclared, `x.dat.csv` is the name of a batch of CSV as any other.
    const csv = [".csv", ".CSV"];
    expect(batchPathOf("gold/x.dat.csv", csv)).toBe("x.dat.csv");
    expect(() => checkInputKey("bronze/x.dat.csv", csv)).not.toThrow();
    // Declared, it is the other name that the batch `x.dat` may have in bronze.
    expect(batchPathOf("bronze/x.dat.csv", suffixes)).toBe("x.dat");
    expect(outputKeys("bronze/x.dat.csv", suffixes)).toEqual(outputKeys("bronze/x.dat", suffixes));
    expect(keysIn(BRONZE, "x.dat", suffixes)).toEqual(["bronze/x.dat", "bronze/x.dat.csv"]);
    expect(keysIn(BRONZE, "x.dat", csv)).toEqual(["bronze/x.dat"]);
    expect(keysIn(GOLD, "x.dat", suffixes)).toEqual(["gold/x.dat.csv"]);
    expect(() => checkInputKey("bronze/x.dat.csv", suffixes)).not.toThrow();
    expect(() => checkInputKey("bronze/x.dat", csv)).toThrow('only names ending in ".csv" or ".CSV" are processed');
  });

  const SUFFIXES = [
    ".csv",
    ".CSV",
    ".dat",
    ".json",
    ".dat.csv",
    ".csv.dat",
    ".gz",
    ".rejects",
    ".REJECTS",
    ".v",
    "v",
    "",
  ];
  const suffixLists = fc.subarray(SUFFIXES, { minLength: 1 });
  const paths = fc
    .array(fc.constantFrom("a", "b/c", ".rejects", ".csv", ".CSV", ".dat", ".json", ".v"), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => `x${parts.join("")}`);
  const isAccepted = (key: string, suffixes: readonly string[]) => {
    try {
      checkInputKey(key, suffixes);
      return true;
    } catch {
      return false;
    }
  };

  it("are of one accepted name each, whatever suffixes sources may have, and lead back to it from every layer", () => {
    let accepted = 0;
    fc.assert(
      fc.property(suffixLists, fc.array(paths, { maxLength: 8 }), (suffixes, names) => {
        const owners = new Map<string, string>();
        for (const name of new Set(names)) {
          if (!isAccepted(`${BRONZE}${name}`, suffixes)) continue;
          accepted++;
          expect(isSourceName(name, suffixes)).toBe(true);
          // Two names in bronze are one batch, or share nothing.
          const path = batchPathOf(`${BRONZE}${name}`, suffixes);
          expect(keysIn(BRONZE, path, suffixes)).toContain(`${BRONZE}${name}`);
          if (path !== name && names.includes(path)) continue;
          const keys = outputKeys(`${BRONZE}${path}`, suffixes);
          for (const key of Object.values(keys)) {
            expect([key, owners.get(key)]).toEqual([key, undefined]);
            owners.set(key, path);
            expect([key, batchPathOf(key, suffixes), isCsvName(key)]).toEqual([key, path, true]);
          }
          const { silver, anomalies, gold } = keys;
          expect([SILVER, ANOMALIES, GOLD, BRONZE].map((layer) => keyIn(layer, path, suffixes))).toEqual([
            ...[silver, anomalies, gold],
            `${BRONZE}${path}`,
          ]);
          expect(isAccepted(silver, suffixes)).toBe(true);
          expect(outputKeys(silver, suffixes)).toEqual(keys);
          if (/\.(csv|CSV)$/.test(name)) expect(silver).toBe(`${SILVER}${name}`);
        }
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(1000);
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
