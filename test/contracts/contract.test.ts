import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContract } from "../../src/contracts/contract.ts";
import { problemText } from "../../src/contracts/problem.ts";
import { cpuSeconds } from "../cpu-seconds.ts";
import { altered, CASES, known, refused } from "./contracts.ts";

const parse = (text: string) => parseContract(text, known);
const linesOf = (text: string) =>
  parse(text)
    .problems.map((one) => `${problemText(one)}\n`)
    .join("");
const minimal = { version: 1, name: "a", prefix: "bronze/a/", format: { type: "senml" } };

describe("a contract", () => {
  it.each(CASES)("of $name is in order", ({ text }) => {
    expect(linesOf(text)).toBe("");
  });

  it("has its defaults filled in", () => {
    const toa5 = parse(CASES.find(({ name }) => name === "toa5")?.text ?? "").contract;
    expect(toa5).toMatchObject({
      suffixes: [".dat"],
      format: {
        delimiter: ",",
        quoteChar: '"',
        decimalChar: ".",
        groupChar: "",
        commentChar: "",
        header: true,
        again: false,
      },
      reading: { timestamp: { zone: "+01:00", ambiguous: "order" }, anomaly_score: { constant: 0 } },
      rules: [],
    });
    expect(parse(JSON.stringify(minimal)).contract).toEqual({
      ...minimal,
      suffixes: [".csv"],
      format: { type: "senml", compression: "none", trueValues: [], falseValues: [] },
      reading: { anomaly_score: { constant: 0 }, carry: [] },
      rules: [],
      threshold: [],
    });
  });

  it("shares no default with another contract", () => {
    const [one, other] = [parse(JSON.stringify(minimal)), parse(JSON.stringify(minimal))].map(
      ({ contract }) => contract,
    );
    one?.suffixes.push(".dat");
    one?.reading.carry.push("a");
    expect(other).toMatchObject({ suffixes: [".csv"], reading: { carry: [] } });
  });

  it("has no lines of a header where it has none", () => {
    const { contract } = parse(
      JSON.stringify({
        ...minimal,
        format: { type: "csv", header: false, names: ["t", "d", "v", ""] },
        reading: {
          timestamp: { column: "t" },
          device_id: { column: "d" },
          value: { column: "v" },
          unit: { constant: "bar" },
        },
      }),
    );
    expect(contract?.format).toMatchObject({ header: false, headerRows: [] });
  });

  it("may have a byte order mark", () => {
    expect(linesOf(`\ufeff${JSON.stringify(minimal)}`)).toBe("");
  });

  it("may have the delimiter in numbers that stand in quotes, as spreadsheets write them", () => {
    const text = CASES.find(({ name }) => name === "local-time-autumn")?.text ?? "";
    expect(linesOf(text.replace('"delimiter": ";"', '"delimiter": ",", "groupChar": "."'))).toBe("");
  });
});

describe("a contract is refused", () => {
  const all = (["text", "structure", "between"] as const).flatMap((kind) =>
    refused(kind).map((one) => ({ ...one, name: `${kind}/${one.name}` })),
  );

  it.each(all)("with all its problems: $name", ({ text, problems }) => {
    expect(problems).not.toBe("");
    expect(linesOf(text)).toBe(problems);
  });

  it("that is longer than 256 KiB, in bytes", () => {
    const long = (description: string) => JSON.stringify({ ...minimal, description });
    const room = 256 * 1024 - long("").length;
    expect(parse(long("a".repeat(room))).problems).toEqual([]);
    for (const text of [long("a".repeat(room + 1)), long("é".repeat(room / 2 + 1)), "[".repeat(10_000_000)]) {
      expect(parse(text).problems.map(({ why }) => why)).toEqual(["is longer than 256 KiB"]);
    }
  });

  it("with the first hundred of its problems", () => {
    const unknown = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`key${i}`, i]));
    const { problems } = parse(JSON.stringify({ ...minimal, ...unknown }));
    expect(problems).toHaveLength(101);
    expect(problems[100]).toMatchObject({ path: "$", why: "has more than 100 problems" });
    const threshold = Array.from({ length: 150 }, () => ({ devices: "a", above: 0.5 }));
    expect(parse(JSON.stringify({ ...minimal, threshold })).problems).toHaveLength(101);
  });
});

describe("whatever a text is, reading it as a contract", () => {
  const holds = (text: string) => {
    const parsed = parse(text);
    expect(parsed.contract === null).toBe(parsed.problems.length > 0);
    const misshapen = parsed.problems.filter(
      ({ path, why, allowed }) =>
        !path.startsWith("$") || why === "" || allowed === "" || path.length + why.length > 2000,
    );
    expect(misshapen).toEqual([]);
  };

  it("ends without an error", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json()), holds), { numRuns: 300 });
  });

  it("ends without an error where it is nearly one", () => {
    fc.assert(
      fc.property(altered, (contract) => holds(JSON.stringify(contract))),
      { numRuns: 2000 },
    );
  });

  it("ends without an error where a piece is cut out of one", () => {
    const cut = fc.tuple(fc.constantFrom(...CASES), fc.nat(), fc.nat(20), fc.string({ maxLength: 3 }));
    const text = cut.map(([one, at, length, put]) => {
      const from = at % one.text.length;
      return one.text.slice(0, from) + put + one.text.slice(from + length);
    });
    fc.assert(fc.property(text, holds), { numRuns: 1000 });
  });

  const many = (of: (i: number) => string, most: number) => Array.from({ length: most }, (_, i) => of(i)).join(",");
  const head = '{"version":1,"name":"a","prefix":"bronze/a/",';
  const csv = '"format":{"type":"csv"';
  const hostile = {
    "unknown keys": `{${many((i) => `"k${i}":0`, 24_000)}}`,
    "unknown keys of a form": `${head}${csv}},"reading":{"timestamp":{${many((i) => `"k${i}":0`, 24_000)}}}}`,
    suffixes: `${head}"suffixes":[${many((i) => `".s${i}"`, 20_000)}],${csv}}}`,
    "lines of a header": `${head}${csv},"headerRows":[${many(() => "1", 50_000)}],"commentRows":[${many(() => "2", 50_000)}]}}`,
    "names and columns that are not among them": `${head}${csv},"header":false,"names":[${many((i) => `"name${i}"`, 9_990)}]},"reading":{"value":{"measures":{${many((i) => `"nema${i}":{}`, 9_000)}}}}}`,
    "measures of one name": `${head}${csv}},"reading":{"value":{"measures":{${many((i) => `"${i}":{"as":"a"}`, 14_000)}}}}}`,
    rules: `${head}${csv}},"rules":[${many((i) => `{"name":"${i}","measures":["a${i}"],"then":"reject","min":1}`, 999)}],"reading":{"value":{"measures":{${many((i) => `"b${i}":{}`, 10_000)}}}}}`,
    "a pattern of time": `${head}${csv}},"reading":{"timestamp":{"column":"a","format":"${"yyyyMM''dd".repeat(20_000)}"}}}`,
    "letters in a pattern of time": `${head}${csv}},"reading":{"timestamp":{"column":"a","format":"${"y".repeat(240_000)}"}}}`,
    "quotes in a pattern of time": `${head}${csv}},"reading":{"timestamp":{"column":"a","format":"y${"'a'".repeat(60_000)}T"}}}`,
    "a template": `${head}${csv}},"reading":{"device_id":{"template":"${"{a}{{".repeat(40_000)}"}}}`,
    "a path": `${head}"format":{"type":"json"},"reading":{"value":{"column":"${"a.b[0]".repeat(40_000)}*"}}}`,
    "a zone": `${head}${csv}},"reading":{"timestamp":{"column":"a","zone":"${"a/".repeat(120_000)}"}}}`,
    "a suffix": `${head}"suffixes":["${".a".repeat(120_000)}!"],${csv}}}`,
    "a prefix": `{"version":1,"name":"a","prefix":"bronze/${"a/".repeat(120_000)}",${csv}}}`,
    "a long key": `{"${"k".repeat(260_000)}":0}`,
    "lists in lists": "[".repeat(260_000),
  };

  it.each(Object.entries(hostile))("ends soon: %s", (_, text) => {
    expect(text.length).toBeLessThan(256 * 1024);
    const before = cpuSeconds();
    expect(parse(text).problems.length).toBeGreaterThan(0);
    expect(cpuSeconds() - before).toBeLessThan(3);
    holds(text);
  });
});
