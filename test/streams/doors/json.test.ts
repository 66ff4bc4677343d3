import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJsonDocument, readJsonLines } from "../../../src/streams/doors/json.ts";
import { type Cells, FIELDS, type NoReading } from "../../../src/streams/doors/reading.ts";

const RUNS = Number(process.env.JSON_RUNS ?? 2000);

/** JSON, and what is nearly JSON: a piece is left out, said twice, or another character. */
const texts = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.nat(),
    fc.constantFrom("", '"', "\\", ",", "}", "]", "0", ".", "e", "-", "\n", "\u0001", "\\u12"),
  )
  .chain(([text, at, by]) => {
    const p = text.length === 0 ? 0 : at % text.length;
    return fc.constantFrom(text, text.slice(0, p) + by + text.slice(p), text.slice(0, p) + by + text.slice(p + 1));
  });

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("JSON as it comes", () => {
  it("is JSON where JSON.parse says so, and nothing else is", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect([text, readJsonDocument(text, () => {}) === null]).toEqual([text, isJson(text)]);
        const line = text.replaceAll("\n", " ");
        const told: (Cells | NoReading)[] = [];
        readJsonLines(line, (cells) => told.push(cells));
        const isWrong = told.some((cells) => "reason" in cells && cells.reason === "json_invalid");
        expect([line, isWrong]).toEqual([line, line.trim() !== "" && !isJson(line)]);
      }),
      { numRuns: RUNS },
    );
  });

  it("has its texts as JSON.parse reads them, and its numbers as they are written", () => {
    const texts = fc.record({ device_id: fc.string({ unit: "binary" }), unit: fc.string({ unit: "grapheme" }) });
    const numbers = fc.constantFrom(
      "0",
      "-0",
      "1.0",
      "9007199254740993",
      "1e5",
      "-12.50E-3",
      "0.1000000000000000055511151231257827",
    );
    fc.assert(
      fc.property(texts, numbers, fc.constantFrom("", " ", "\n", "\t \r\n"), (given, value, blank) => {
        const [first, ...more] = [
          ...Object.entries(given).map(
            ([name, text]) => `${JSON.stringify(name)}${blank}:${blank}${JSON.stringify(text)}`,
          ),
          `"value":${value}`,
        ];
        const told: (Cells | NoReading)[] = [];
        expect(
          readJsonDocument(`${blank}{${blank}${[first, ...more].join(`${blank},${blank}`)}${blank}}${blank}`, (cells) =>
            told.push(cells),
          ),
        ).toBe(null);
        const byName = { ...given, value } as Record<string, string>;
        expect(told).toEqual([FIELDS.map((name) => byName[name])]);
      }),
      { numRuns: RUNS },
    );
  });
});
