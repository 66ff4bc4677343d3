import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkKey, compareKeys, keyProblem, windowsProblem } from "../../src/storage/keys.ts";
import { REFUSED_KEYS, WINDOWS_KEYS } from "./keys.ts";

describe("keys", () => {
  it("may be what S3 and a file system both hold", () => {
    const good = ["b.csv", "bronze/year=2025/b.csv", "bronze/a b+c%20&é.csv", "bronze/...csv", "bronze/conn.csv"];
    for (const key of [...good, `bronze/${"a".repeat(200)}`, "bronze/\u{1f600}.csv", "x/.vantageflow"]) {
      expect(() => checkKey(key), key).not.toThrow();
    }
  });

  it("never lead out of the lake, collide or break elsewhere", () => {
    for (const key of REFUSED_KEYS) {
      expect(() => checkKey(key), JSON.stringify(key)).toThrow(expect.objectContaining({ code: "key_invalid" }));
    }
  });

  it("are refused with what is wrong and what to do, in one printable line", () => {
    expect(keyProblem("bronze/b.csv")).toBeNull();
    for (const key of REFUSED_KEYS) {
      const problem = keyProblem(key);
      expect(problem, JSON.stringify(key)).toBeTypeOf("string");
      expect(() => checkKey(key)).toThrow(`Cannot use ${JSON.stringify(key)} as a key: ${problem}. Rename the file.`);
    }
  });

  it("that Windows could not hold are keys all the same, and what is wrong with them there can be told", () => {
    expect(WINDOWS_KEYS.filter((key) => keyProblem(key) !== null)).toEqual([]);
    for (const key of WINDOWS_KEYS)
      expect([key, windowsProblem(key)]).toEqual([key, expect.stringContaining("Windows")]);
    const good = [
      "bronze/conn.csv",
      "bronze/b.con.csv",
      "bronze/nullo/é b+c%20&.csv",
      "bronze/com10.csv",
      "bronze/.hidden",
    ];
    expect(good.filter((key) => windowsProblem(key) !== null)).toEqual([]);
  });

  it("are listed in the order of their UTF-8 bytes", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
    expect(compareKeys("\uffee", "\u{1f600}")).toBeLessThan(0);
  });
});
