import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fits } from "../../src/contracts/glob.ts";
import { Places } from "../../src/contracts/places.ts";
import { hashId } from "../../src/pipeline/devices.ts";

describe("patterns of names", () => {
  it("fit as a regular expression of whole characters says", () => {
    const letter = fc.constantFrom("a", "b", "*", "?", "😀", "é");
    const words = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(""));
    const property = fc.property(words, words, (pattern, text) => {
      const parts = [...pattern].map((c) =>
        c === "*" ? ".*" : c === "?" ? "." : c.replace(/[\\^$.|+()[\]{}]/, "\\$&"),
      );
      expect([pattern, text, fits(pattern, text)]).toEqual([
        pattern,
        text,
        new RegExp(`^${parts.join("")}$`, "su").test(text),
      ]);
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it("with many stars are told of a name of ten million letters, for each star is tried anew only until the next one", () => {
    const name = "a".repeat(1e7);
    expect(fits("*a*a*a*a*b", name)).toBe(false);
    expect(fits("*a*a*a*a*b", `${name}b`)).toBe(true);
    expect(fits(`${"*a".repeat(1000)}*`, name)).toBe(true);
  });
});

describe("what is remembered of devices and units", () => {
  function asked(unit: string, devices: number, times: number): number {
    let finds = 0;
    const places = new Places(() => finds++);
    const bytes = Buffer.from(unit);
    for (let i = 0; i < devices * times; i++) {
      const id = Buffer.from(`d${i % devices}`);
      const b = Buffer.concat([id, bytes]);
      places.at(b, 0, id.length, hashId(id, 0, id.length), id.length, b.length, -1);
    }
    return finds;
  }

  it("is worked out once for each, up to 65,536 of them, and then each time", () => {
    expect(asked("C", 100, 3)).toBe(100);
    expect(asked("C", 65_536, 2)).toBe(65_536);
    expect(asked("C", 65_546, 2)).toBe(65_546 + 10);
  });

  it("is nothing where the unit is longer than any is", () => {
    expect(asked("u".repeat(256), 1, 3)).toBe(1);
    expect(asked("u".repeat(257), 1, 3)).toBe(3);
  });
});
