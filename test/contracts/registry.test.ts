import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contractDigest } from "../../src/contracts/digest.ts";
import type { Json } from "../../src/contracts/json.ts";
import { type Claim, claimants, conflictsOf } from "../../src/ledger/claims.ts";
import { altered } from "./contracts.ts";

const claim = (name: string, prefix: string, ...suffixes: string[]): Claim => ({ name, prefix, suffixes });
const namesOf = (contracts: readonly Claim[], key: string) => claimants(contracts, key).map(({ name }) => name);

describe("a key", () => {
  const contracts = [
    claim("all", "bronze/", ".csv"),
    claim("site", "bronze/site/", ".csv", ".dat"),
    claim("packed", "bronze/site/", ".csv.gz"),
    claim("any-packed", "bronze/site/", ".gz"),
    claim("tower", "bronze/site/tower/", ".json"),
  ];

  it.each([
    ["bronze/a.csv", ["all"]],
    ["bronze/site/a.csv", ["site"]],
    ["bronze/site.csv", ["all"]],
    ["bronze/site/tower/a.csv", ["site"]],
    ["bronze/site/tower/a.json", ["tower"]],
    ["bronze/site/a.csv.gz", ["packed"]],
    ["bronze/site/a.dat.gz", ["any-packed"]],
    ["bronze/site/a.CSV", []],
    ["bronze/site/.csv", ["site"]],
    ["silver/site/a.csv", []],
    ["bronze/SITE/a.dat", []],
  ])("%s is claimed by the longest prefix and suffix: %j", (key, names) => {
    expect(namesOf(contracts, key)).toEqual(names);
    expect(namesOf([...contracts].reverse(), key)).toEqual(names);
  });

  it("that two claim is nobody's: both are told", () => {
    const twins = [claim("one", "bronze/a/", ".csv", ".dat"), claim("two", "bronze/a/", ".dat")];
    expect(namesOf(twins, "bronze/a/x.dat")).toEqual(["one", "two"]);
    expect(conflictsOf(twins)).toEqual([{ names: ["one", "two"], why: 'both claim "bronze/a/*.dat"' }]);
  });
});

describe("contracts of one lake", () => {
  const folder = fc
    .array(fc.constantFrom("a", "b", "c.csv"), { maxLength: 3 })
    .map((names) => ["bronze", ...names, ""].join("/"));
  const suffix = fc.constantFrom(".csv", ".dat", ".gz", ".csv.gz");
  const contract = fc.record({
    name: fc.constantFrom("k", "l", "m", "n"),
    prefix: folder,
    suffixes: fc.uniqueArray(suffix, { minLength: 1, maxLength: 3 }),
  });
  const contracts = fc.array(contract, { maxLength: 6 });
  const key = fc.tuple(folder, fc.constantFrom("x", ""), suffix).map((parts) => parts.join(""));

  it("claim a key by the greatest pair of prefix and suffix that it has", () => {
    fc.assert(
      fc.property(contracts, key, (all, one) => {
        const ranks = all.flatMap((contract) =>
          contract.suffixes
            .filter(
              (end) =>
                one.length >= contract.prefix.length + end.length &&
                one.startsWith(contract.prefix) &&
                one.endsWith(end),
            )
            .map((end) => ({ contract, rank: contract.prefix.length * 1000 + end.length })),
        );
        const most = Math.max(...ranks.map(({ rank }) => rank));
        expect(claimants(all, one)).toEqual(ranks.filter(({ rank }) => rank === most).map((found) => found.contract));
      }),
      { numRuns: 2000 },
    );
  });

  it("conflict where a key is claimed by two, or two have one name, and nowhere else", () => {
    fc.assert(
      fc.property(contracts, (all) => {
        const keys = all.flatMap(({ prefix, suffixes }) => suffixes.map((end) => `${prefix}x${end}`));
        const contested = keys.some((one) => claimants(all, one).length > 1);
        const sameName = new Set(all.map(({ name }) => name)).size < all.length;
        expect(conflictsOf(all).length > 0).toBe(contested || sameName);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the digest of a contract", () => {
  const shuffled = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, shuffled(inner)]),
    );
  };

  it("does not change with the order of keys, the layout, or $schema", () => {
    fc.assert(
      fc.property(altered, (contract) => {
        const again = shuffled(JSON.parse(JSON.stringify(contract, null, 4)));
        expect(contractDigest(again)).toBe(contractDigest(contract));
        expect(contractDigest({ ...(again as object), $schema: "elsewhere" })).toBe(contractDigest(contract));
      }),
    );
  });

  it("changes with anything else", () => {
    fc.assert(
      fc.property(altered, altered, (a, b) => {
        const plain = ({ $schema: _, ...rest }: { [key: string]: Json }) => JSON.stringify(sorted(rest));
        const same = plain(a as never) === plain(b as never);
        expect(contractDigest(a) === contractDigest(b)).toBe(same);
      }),
    );
    expect(contractDigest({ a: ["x", "y"] })).not.toBe(contractDigest({ a: ["y", "x"] }));
  });

  const sorted = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    return Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  };

  it("is SHA-256 of canonical JSON as RFC 8785 writes it, its example of sorting included", () => {
    const example = {
      "€": "Euro Sign",
      "\r": "CR",
      "\ufb33": "Dalet",
      "1": "One",
      "😀": "Smile",
      "\u0080": "Control",
      ö: "o",
    };
    const canonical = '{"\\r":"CR","1":"One","\u0080":"Control","ö":"o","€":"Euro Sign","😀":"Smile","\ufb33":"Dalet"}';
    expect(contractDigest(example)).toBe(createHash("sha256").update(canonical).digest("hex"));
    expect(contractDigest({ a: [1.0, 1e21, -0] })).toBe(createHash("sha256").update('{"a":[1,1e+21,0]}').digest("hex"));
  });
});
