import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureName } from "../../src/contracts/measures.ts";
import { nearest } from "../../src/contracts/nearest.ts";
import { parsePath } from "../../src/contracts/path.ts";
import { parseTemplate } from "../../src/contracts/template.ts";
import type { SourceFormat } from "../../src/contracts/vocabulary.ts";

describe("a path", () => {
  it("is read as it was written", () => {
    const step = fc.oneof(fc.string({ minLength: 1 }), fc.nat(999), fc.constant(null));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.boolean(), (steps, fromRoot) => {
        const text = steps.map((one, i) => {
          if (typeof one === "number") return `[${one}]`;
          const plain = one !== null && /^[^.[\]"*$]+$/.test(one);
          if (one !== null && !plain) return `["${one.replace(/["\\]/g, "\\$&")}"]`;
          return `${i > 0 ? "." : ""}${one ?? "*"}`;
        });
        fc.pre(steps.every((one) => typeof one !== "string" || !/[\u0000-\u001f]/.test(one)));
        expect(
          parsePath(`${fromRoot ? (steps[0] !== null && text[0].startsWith("[") ? "$" : "$.") : ""}${text.join("")}`),
        ).toEqual({ fromRoot, steps });
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a[",
    "a[]",
    "a[-1]",
    "a[x]",
    "a]",
    "a.[0]",
    "a b*",
    "**",
    "a[*]",
    '["a]',
    '["\n"]',
    "$.",
    "a[0]b",
  ])("is not %j", (text) => {
    expect(parsePath(text)).toBeNull();
  });

  it("never ends in an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab.[]"\\*$0\n') }), (text) => void parsePath(text)),
      { numRuns: 3000 },
    );
  });
});

describe("a template", () => {
  it("is read as it was written", () => {
    const name = fc.string({ minLength: 1 }).filter((one) => !/[{}]/.test(one));
    const part = fc.oneof(fc.record({ name }), fc.string({ minLength: 1 }));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts
          .map((one) => (typeof one === "string" ? one.replace(/[{}]/g, "$&$&") : `{${one.name}}`))
          .join("");
        const again = parseTemplate(text)
          ?.map((one) => (typeof one === "string" ? one : `{${one.name}}`))
          .join("");
        expect(again).toBe(parts.map((one) => (typeof one === "string" ? one : `{${one.name}}`)).join(""));
        const names = (all: typeof parts) => all.filter((one) => typeof one !== "string");
        expect(names([...(parseTemplate(text) ?? [])])).toEqual(names(parts));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["{", "}", "a{b", "a}b", "{}", "{a{b}}", "{{}"])("is not %j", (text) => {
    expect(parseTemplate(text)).toBeNull();
  });
});

describe("the nearest name", () => {
  const known = ["delimiter", "decimalChar", "type", "names", "in"];

  it.each([
    ["delimter", "delimiter"],
    ["Delimiter", "delimiter"],
    ["decimal_char", "decimalChar"],
    ["tpye", "type"],
    ["name", "names"],
    ["ni", "in"],
    ["missing", null],
    ["", null],
    ["delimiter".repeat(20), null],
  ])("to %j is %j", (name, meant) => {
    expect(nearest(name, known)).toBe(meant);
  });
});

describe("a measure without a name of its own is called", () => {
  const csv = { type: "csv" } as SourceFormat;
  const ndjson = { type: "ndjson" } as SourceFormat;

  it.each<[string, SourceFormat, string, string, string]>([
    ["as its column", csv, "RH", "", "RH"],
    ["as its column, dots or not", csv, "a.RH", "", "a.RH"],
    ["by what stands before the unit", csv, "Temp, °F (S/N 1)", ", ", "Temp"],
    ["as its column where no unit stands", csv, "RH", ", ", "RH"],
    ["as its column where nothing stands before the unit", csv, ", %", ", ", ", %"],
    ["by the last name of its path", ndjson, "payload.soil.moisture", "", "moisture"],
    ["by the last name of its path, in quotes or not", ndjson, 'payload["a.b"]', "", "a.b"],
    ["as its path where that ends in an index", ndjson, "payload.v[0]", "", "payload.v[0]"],
  ])("%s", (_, format, column, after, name) => {
    const unit = after === "" ? ({ constant: "" } as const) : ({ from: "header", after } as const);
    expect(measureName(column, format, unit)).toBe(name);
  });
});
