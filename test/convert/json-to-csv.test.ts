import fc from "fast-check";
import { parseString } from "fast-csv";
import { describe, expect, it } from "vitest";
import { jsonToCsv } from "../../src/convert/json-to-csv.ts";

async function convert(
  input: string | Uint8Array,
  sizes: readonly number[] = [1 << 20],
  max?: number,
): Promise<string> {
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  async function* chunks() {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length];
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
  const options = max === undefined ? { name: "r.json" } : { name: "r.json", maxReadingBytes: max };
  const out: Buffer[] = [];
  for await (const chunk of jsonToCsv(chunks(), options)) out.push(chunk);
  return Buffer.concat(out).toString("utf8");
}

const refused = (message: string | RegExp, line?: number) =>
  expect.objectContaining({
    code: "input_invalid",
    message: expect.stringMatching(message),
    ...(line === undefined ? {} : { line }),
  });

function parse(text: string): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    const rows: string[][] = [];
    parseString<string[], string[]>(text, { headers: false })
      .on("error", reject)
      .on("data", (row: string[]) => rows.push(row))
      .on("end", () => resolve(rows));
  });
}

describe("readings in JSON", () => {
  it("become CSV with the first reading's fields: from an array, from lines, from one object", async () => {
    const csv = "a,b\n1,x\n2,\n";
    expect(await convert('[{"a":1,"b":"x"},{"a":2}]')).toBe(csv);
    expect(await convert('\ufeff{"a":1,"b":"x"}\n{"b":null,"a":2}\n')).toBe(csv);
    expect(await convert('{"a":1}')).toBe("a\n1\n");
  });

  it("keep the text of numbers and of nested values", async () => {
    expect(await convert('{"a":28.50,"b":12345678901234567890,"c":1e3,"d":{"x":[1.10,"q"]},"e":true}')).toBe(
      'a,b,c,d,e\n28.50,12345678901234567890,1e3,"{""x"":[1.10,""q""]}",true\n',
    );
  });

  it("may use any field name", async () => {
    expect(await convert('{"__proto__":1,"constructor":2}')).toBe("__proto__,constructor\n1,2\n");
  });

  it("come back from CSV as they were, however the bytes arrive", async () => {
    const cell = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== "");
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 });
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rows, sizes, fc.boolean(), async (cells, pieces, lines) => {
        const objects = cells.map(([a, b]) => ({ a, b }));
        const json = lines ? objects.map((one) => `${JSON.stringify(one)}\n`).join("") : JSON.stringify(objects);
        const csv = await convert(json, pieces);
        expect(csv).toBe(await convert(json));
        expect(await parse(csv)).toEqual([["a", "b"], ...cells]);
      }),
      { numRuns: 300 },
    );
  });

  it("lose nothing silently: a new field is refused, and a field that is there twice", async () => {
    await expect(convert('{"a":1}\n{"a":2,"x":3}')).rejects.toEqual(refused(/reading 2 has a field "x"/, 2));
    await expect(convert('{"a":1,"a":2}')).rejects.toEqual(refused(/field "a" twice/, 1));
  });

  it("are refused with the line when they are no JSON, cut off, or no objects", async () => {
    const cases: [string, RegExp, number][] = [
      ['[{"a":1},\n{"a" 2}]', /":" should stand/, 2],
      ['[{"a":1}\n{"a":2}]', /"," or "\]"/, 2],
      ['{"a":1}\n{"a":tru}', /this is not JSON/, 2],
      ['{"a":1}\n{"a":2', /ends in the middle/, 2],
      ['[{"a":1}', /ends in the middle/, 1],
      ['[{"a":1}]\n[]', /something after the array/, 2],
      ["[1]", /reading 1 is not an object/, 1],
      ['"text"', /reading 1 is not an object/, 1],
      ["[]", /no reading/, 1],
      ["", /no reading/, 1],
      ["\n \n", /no reading/, 3],
      ["{}", /no fields/, 1],
      ['{"a":[1 2]}', /this is not JSON/, 1],
      ['{"a":"\\ud800"}', /no valid Unicode/, 1],
      [`{"a":${"[".repeat(100)}`, /nested too deeply/, 1],
    ];
    for (const [text, message, line] of cases) {
      await expect(convert(text), text).rejects.toEqual(refused(message, line));
      await expect(convert(text, [1]), text).rejects.toEqual(refused(message, line));
    }
    await expect(convert(Buffer.from('{"a":"\xff"}', "latin1"))).rejects.toEqual(refused(/not UTF-8/));
  });

  it("are bounded: a reading without end is refused at the limit", async () => {
    const endless = `{"a":1}\n{"a":"${"x".repeat(100_000)}`;
    await expect(convert(endless, [1000], 5000)).rejects.toEqual(refused(/reading 2 is longer than 5000 bytes/, 2));
  });
});
