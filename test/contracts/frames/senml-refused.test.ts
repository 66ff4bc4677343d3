import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END, MORE } from "../../../src/contracts/frames/frame.ts";
import { SenmlFrame } from "../../../src/contracts/frames/senml.ts";
import { holdsToLaws, seen } from "./laws.ts";
import { ARRIVAL, AT, opened, told, values } from "./senml-packs.ts";

describe("what refuses the file, after the records before it", () => {
  const A = '[{"n":"a","v":1}';
  const READ = ["a", AT, "1", null];

  it.each([
    [`${A},{"n":"b","foo_":1,"v":1}]`, 'character 18: the label "foo_" must be understood', 17],
    [`${A},{"n":"b","é\\u005f":1,"v":1}]`, 'character 18: the label "é_" must be understood', 17],
    [`${A},\r\n {"n":"b","_":[]}]`, 'line 2, character 2: the label "_" must be understood', 20],
    [`${A},{"n":"b","bver":11,"v":1}]`, 'character 18: bver is "11", and SenML is read up to version 10.', 17],
    [`${A}}]`, 'character 17: there is "}" where "," or "]" should be.', 16],
    [`${A},]`, 'character 18: there is "]" where a value should be.', 17],
    [`${A},{"n":"é😀","v":01}]`, 'character 34: there is "1" where a number without zeros in front should be.', 36],
    [`[{"n":"a","é":1,\n"v":1},}`, 'line 2, character 8: there is "}" where a value should be.', 25],
    [`${A},{"n":"é\n"}]`, 'character 25: there is "\\n" where the quote that ends a text should be.', 25],
    [`${A},{"n":"\\x"}]`, 'there is "x" where an escape of JSON should be.', 24],
    [`${A},{n:1}]`, 'there is "n" where a label in quotes should be.', 18],
    [`${A},{"n" 1}]`, 'there is "1" where ":" should be.', 22],
    [`${A},{"n":tru}]`, 'there is "}" where a value should be.', 25],
    [`${A},{"v":-}]`, 'there is "}" where a digit should be.', 23],
    [`${A},{"v":1 "n":2}]`, 'there is "\\"" where "," or "}" should be.', 24],
    [`${A},{"x":[1 2]}]`, 'there is "2" where "," or "]" should be.', 25],
    [`${A}]{"n":"b"}`, 'there is "{" where "[" should be.', 17],
    [`${A}],[]`, 'there is "," where "[" should be.', 17],
    [`${A}] é`, 'there is byte 0xc3 where "[" should be.', 18],
    [`${A}]\0`, 'there is "\\u0000" where "[" should be.', 17],
    [`${A},${"[".repeat(100)}`, "where a value that is nested no deeper than 64 levels should be.", 81],
    [A, 'the file ends where "," or "]" should be. Fetch it again from where it came from.', 16],
    [`${A},`, "the file ends where a record should be.", 17],
    [`${A},{"n":"b`, "the file ends where the quote that ends a text should be.", 24],
    [`${A}]\n\n[ \n`, 'line 4, character 1: the file ends where a record or "]" should be.', 22],
  ])("%j", async (text, message, byteOffset) => {
    const all = await told(text);
    expect(all.slice(0, -1)).toEqual([READ]);
    expect(all.at(-1)).toContain(message);
    expect(all.at(-1)).toMatch(/^source_invalid: Cannot read "bronze\/b": line \d+, character \d+: /);
    expect(all.at(-1)).toContain(`(byte offset ${byteOffset})`);
  });

  it.each(["", " \n", "[]", "[ ]\n[\n]"])("there are no records in %j, and nothing is wrong", async (text) => {
    expect(await told(text)).toEqual([]);
  });
});

describe("what is meant to be too much", () => {
  it("a record longer than it may be refuses the file, blanks between records do not", async () => {
    const long = `{"n":"a","x":"${"y".repeat(1000)}"}`;
    const { records, error } = await seen(opened(), `[{"n":"a","v":1}${" ".repeat(5000)},\n${long}]`, [100]);
    expect(records.length).toBe(1);
    expect(error).toContain('row_too_long: Cannot read "bronze/b": line 2: the row is longer than 1000 bytes');
  });

  it.each(["[", '{"a":', '"', "1", "x"])("a value that goes on and on with %j is given up", async (piece) => {
    let pulled = 0;
    const pull = (into: Uint8Array) => {
      const n = pulled === 0 ? Buffer.from('[{"n":"a","x":').copy(into) : into.length - (into.length % piece.length);
      if (pulled > 0) Buffer.from(into.buffer, into.byteOffset, n).fill(piece);
      pulled += n;
      return n;
    };
    const frame = new SenmlFrame("bronze/b", pull, { arrival: () => ARRIVAL, maxRecordBytes: 5_000_000 });
    const all = () => {
      for (;;) if (frame.next() === MORE) frame.fill();
    };
    expect(all).toThrow(/longer than 5000000 bytes|nested no deeper|where "," or "}"|where a value/);
    expect(pulled).toBeLessThan(12_000_000);
  });

  it("a million records are read in a constant buffer", () => {
    const records = Buffer.from('{"n":"a","t":-1.5,"v":21.5},\n'.repeat(1000));
    let pulls = 0;
    const pull = (into: Uint8Array) => {
      pulls++;
      if (pulls === 1) return Buffer.from("[").copy(into);
      if (pulls <= 1001) return records.copy(into);
      return pulls === 1002 ? Buffer.from('{"n":"a","v":1}]').copy(into) : 0;
    };
    const frame = new SenmlFrame("bronze/b", pull, { arrival: () => ARRIVAL, maxRecordBytes: 1000 });
    let [read, largest] = [0, 0];
    for (let state = frame.next(); state !== END; state = frame.next()) {
      if (state === MORE) frame.fill();
      else read++;
      largest = Math.max(largest, frame.b.length);
    }
    expect([read, frame.line]).toEqual([1_000_001, 1_000_001]);
    expect(largest).toBeLessThan(600_000);
  });
});

/** A pack of what SenML has, at times broken in one place. */
const pack = (() => {
  const number = fc.constantFrom("0", "1", "-0.5", "1772366400", "1.5e1", "12.250", "9007199254740993", "1e401");
  const value = (type: "n" | "s" | "b") =>
    type === "n"
      ? number
      : type === "s"
        ? fc.constantFrom('"a"', '"b:"', '"é"', '"\\u0061"', '""')
        : fc.constantFrom("true", "false");
  const field = fc
    .constantFrom(
      ...([
        "bn s",
        "bt n",
        "bu s",
        "bv n",
        "bver n",
        "n s",
        "u s",
        "v n",
        "vs s",
        "vb b",
        "s n",
        "t n",
        "x b",
      ] as const),
    )
    .chain((label) => {
      const [name, type] = label.split(" ") as [string, "n" | "s" | "b"];
      return fc
        .oneof(
          { weight: 9, arbitrary: value(type) },
          { weight: 1, arbitrary: fc.constantFrom("null", "[1]", '{"n":1}', "5") },
        )
        .map((one) => `"${name}":${one}`);
    });
  const space = fc.constantFrom("", "", " ", "\n", "\r\n", "\r", "\t");
  const object = fc
    .tuple(fc.array(field, { maxLength: 6 }), space)
    .map(([fields, blank]) => `{${fields.join(`,${blank}`)}}`);
  const record = fc.oneof(
    { weight: 9, arbitrary: object },
    { weight: 1, arbitrary: fc.constantFrom("12.5e10", "true", '"a"', "[]") },
  );
  return fc
    .tuple(
      fc.array(record, { maxLength: 5 }),
      space,
      fc.option(fc.tuple(fc.nat(), fc.constantFrom("", ",", "]", "}", "\n", '"', "é", "1", "_"))),
    )
    .map(([records, blank, broken]) => {
      const text = `[${records.join(`${blank},${blank}`)}]${blank}`;
      if (broken === null) return text;
      const at = broken[0] % text.length;
      return text.slice(0, at) + broken[1] + text.slice(at + 1);
    });
})();
const packs = fc.array(pack, { maxLength: 3 }).map((all) => all.join(""));

it("pieces do not matter, and places are right", async () => {
  await holdsToLaws(opened(60), packs, 1500);
});

it("what JSON.parse reads is read, and what it does not is refused", async () => {
  const property = fc.asyncProperty(pack, async (text) => {
    let records: unknown = null;
    try {
      records = JSON.parse(text);
    } catch {}
    const { records: read, error } = await seen(opened(), text);
    if (error?.includes("must be understood") || error?.includes("bver is")) return;
    if (Array.isArray(records)) expect([read.length, error]).toEqual([records.length, null]);
    // Several packs, one behind the other, are no JSON text.
    else if (!/\]\s*\[/.test(text) && text.trim() !== "") expect(error).toContain("source_invalid");
    expect(read.map(({ bytes }) => bytes).every((bytes) => JSON.parse(bytes) !== undefined)).toBe(true);
  });
  await fc.assert(property, { numRuns: 1500 });
});

it("sums are those of whole numbers, whatever digits, points and exponents they are written with", async () => {
  const scaled = fc.record({
    integer: fc.oneof(fc.bigInt({ min: -1000n, max: 1000n }), fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })),
    scale: fc.integer({ min: 0, max: 25 }),
    exponent: fc.integer({ min: -12, max: 12 }),
  });
  const written = ({ integer, scale, exponent }: { integer: bigint; scale: number; exponent: number }) => {
    const digits = `${integer < 0n ? -integer : integer}`.padStart(scale + 1, "0");
    const point = digits.length - scale;
    const fraction = scale === 0 ? "" : `.${digits.slice(point)}`;
    return `${integer < 0n ? "-" : ""}${digits.slice(0, point)}${fraction}${exponent === 0 ? "" : `e${exponent}`}`;
  };
  // All of them as whole multiples of 10^-40.
  const exact = (text: string) => {
    const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text) ?? [];
    const value = BigInt(whole + fraction) * 10n ** BigInt(40 + Number(exponent) - fraction.length);
    return sign === "-" ? -value : value;
  };
  const property = fc.asyncProperty(scaled, scaled, async (one, other) => {
    const [a, b] = [written(one), written(other)];
    const [sum] = await values(`[{"n":"a","bv":${a},"v":${b}}]`);
    expect(exact(String(sum))).toBe(exact(a) + exact(b));
  });
  await fc.assert(property, { numRuns: 1000 });
});
