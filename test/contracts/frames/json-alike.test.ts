import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comeOf, type Given } from "./json-told.ts";

/** A record that comes byte by byte is never whole when it is expected to be like the one before: it is read token by token. */
const BYTE_BY_BYTE = [1];

const givens: fc.Arbitrary<Given> = fc.record({
  lines: fc.boolean(),
  columns: fc.constantFrom(["a", "b.c", "b"], ["b.c[1]", "b.c", "$.d"], ["[0]", "a", "é.a"]),
  leaves: fc.boolean(),
  max: fc.constantFrom(30, 60, 100_000),
});

const scalars = fc.oneof(
  fc.constantFrom(
    "0",
    "-0",
    "1.50",
    "-12e+4",
    "7E5",
    "true",
    "false",
    "null",
    '""',
    '"x"',
    '"é😀"',
    '"0123456789abcdef"',
  ),
  fc.constantFrom('"\\u00e9\\n"', '"\\ud83d\\ude00"', '"\\ud83d"', '"a\\\\"', '"\\/"'),
  // What is none.
  fc.constantFrom("01", "-", "1.", "1e", ".5", "+1", "tru", "nul", '"a\tb"', '"\\x"', '"\\u12g4"', "{}", "[]", "", " "),
);
const names = fc.constantFrom("a", "b", "c", "d", "é", "a_name_of_many_bytes", "n\\u0061me", "é\u007f");

/** Where a value stands in a record there is a number of it, between braces that are no bytes of JSON text here. */
const shapes = fc.letrec<{ readonly value: string; readonly record: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant("‹›"), tie("record")),
  record: fc
    .tuple(
      fc.boolean(),
      fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }),
      fc.constantFrom("", "", "", " ", "\t", "\n"),
    )
    .map(([isList, members, blank]) => {
      const inner = members.map(([name, value]) => (isList ? value : `"${name}":${blank}${value}`)).join(`${blank},`);
      return isList ? `[${inner}${blank}]` : `{${inner}${blank}}`;
    }),
})).record;

/** A byte of a record is left out, doubled or another one. */
const damage = fc.option(
  fc.tuple(fc.nat(), fc.constantFrom("", "x", '"', "{", "}", "]", ",", ":", "0", " ", "\n", "\\", "\u007f")),
  {
    freq: 4,
    nil: null,
  },
);

function recordOf(shape: string, values: readonly string[], edit: readonly [number, string] | null): string {
  let next = 0;
  const text = shape.replaceAll("‹›", () => values[next++ % values.length]);
  if (edit === null) return text;
  const at = edit[0] % (text.length + 1);
  return text.slice(0, at) + edit[1] + text.slice(at + (edit[0] % 2));
}

const records = fc
  .tuple(
    fc.array(shapes, { minLength: 1, maxLength: 2 }),
    fc.array(fc.tuple(fc.nat({ max: 9 }), fc.array(scalars, { minLength: 1, maxLength: 5 }), damage), {
      maxLength: 50,
    }),
  )
  .map(([few, all]) => all.map(([i, values, edit]) => recordOf(few[i === 0 ? few.length - 1 : 0], values, edit)));

describe("a record that is like one before it", () => {
  it("is read as if it were the first, with the same errors at the same places", async () => {
    const property = fc.asyncProperty(
      records,
      givens,
      fc.constantFrom("\n", "\r\n", " \n", "\n\n"),
      async (all, given, end) => {
        const text = all.join(end);
        expect(await comeOf(text, given)).toEqual(await comeOf(text, given, BYTE_BY_BYTE));
      },
    );
    await fc.assert(property, { numRuns: 2000 });
  });

  it("is so in lists of documents", async () => {
    const lists = fc.record({ path: fc.constantFrom("r", "*", "r.*", "x"), glue: fc.constantFrom(",", ", ", ",\n") });
    const property = fc.asyncProperty(records, givens, lists, async (all, given, { path, glue }) => {
      const text = `{"d":"x","r":[${all.join(glue)}]}`;
      const listed = { ...given, records: path, columns: ["a", "b.c", "$.d"] };
      expect(await comeOf(text, listed)).toEqual(await comeOf(text, listed, BYTE_BY_BYTE));
    });
    await fc.assert(property, { numRuns: 2000 });
  });

  it.each([
    ["a value of another kind", '{"a":1}', ['{"a":"1"}', '{"a":true}', '{"a":null}', '{"a":{}}', '{"a":[1]}']],
    ["a name more", '{"a":1,"b":2}', ['{"a":1,"b":2,"a":3}', '{"a":1}', '{"b":2,"a":1}']],
    ["a list of another length", '{"b":{"c":[1,2]}}', ['{"b":{"c":[1]}}', '{"b":{"c":[1,2,3]}}', '{"b":{"c":[]}}']],
    [
      "what is no JSON",
      '{"x":1,"a":"t"}',
      ['{"x":01,"a":"t"}', '{"x":1,"a":"t}', '{"x":1,"a":"t"', '{"x":1,"a":"\\q"}'],
    ],
    ["a name that is written otherwise", '{"\\u0061":1,"b":2}', ['{"\\u0061":2,"b":3}', '{"a":1,"b":2}']],
    ["no end", '{"a":1}', ['{"a":1}}', '{"a":1} x']],
  ])("may have %s", async (_, first, others) => {
    const given = { columns: ["a", "b", "b.c[1]"] };
    const text = [first, ...others.flatMap((other) => [other, first])].join("\n");
    expect(await comeOf(text, given)).toEqual(await comeOf(text, given, BYTE_BY_BYTE));
  });

  it("is read when what was learned of places was forgotten", async () => {
    const many = `{${Array.from({ length: 9000 }, (_, i) => `"k${i}":1`).join()}}`;
    const other = many.replaceAll('"k', '"o');
    const small = '{"a":1,"z":"x"}';
    const text = [small, small, many, other, small, small, many, small].join("\n");
    const given = { columns: ["a"], leaves: true };
    expect(await comeOf(text, given)).toEqual(await comeOf(text, given, [50_000, 1, 1]));
    const { told } = await comeOf(text, given);
    expect(told.at(-1)?.leaves.map(([name]) => name)).toEqual(["a", "z"]);
  });

  it("is held to the levels that a document may have", async () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;
    const path = Array.from({ length: 120 }, () => "r");
    const within = (record: string) => `${path.map((step) => `{"${step}":`).join("")}${record}${"}".repeat(120)}`;
    for (const levels of [7, 8, 9]) {
      const text = `${within(nested(levels))} ${within(`[${nested(levels)},${nested(levels)}]`)}`;
      const given = { lines: false, records: path.join(".") };
      const came = await comeOf(text, given);
      expect(came).toEqual(await comeOf(text, given, BYTE_BY_BYTE));
      expect(came.told.length).toBe([3, 1, 0][levels - 7]);
    }
  });
});
