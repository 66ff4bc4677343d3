import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/contracts/json.ts";

/** What `JSON.parse` makes of a text; undefined where it refuses it. */
function oracle(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe("JSON", () => {
  it("is read as JSON.parse reads it, however it is laid out", () => {
    const json = fc.tuple(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, "\t", " \r\n"));
    fc.assert(
      fc.property(json, ([value, space]) => {
        const text = JSON.stringify(value, null, space);
        fc.pre(text.isWellFormed() && !/\\ud[89a-f]|__proto__/.test(text));
        expect(readJson(text)).toEqual({ value: JSON.parse(text), problems: [] });
      }),
      { numRuns: 1000 },
    );
  });

  it("is refused where JSON.parse refuses it, and nowhere else", () => {
    const piece = fc.constantFrom(
      ..."{}[]:,\"\\\\-+.0123eE \n\t/ab'".split(""),
      "true",
      "null",
      "1e5",
      '"a"',
      "\\u0041",
      "\\n",
      "\u00a0",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        const { value, problems } = readJson(text);
        if (problems.every(({ why }) => why.startsWith("is no JSON"))) expect(value).toEqual(oracle(text));
        else expect(problems[0].why).toMatch(/^(stands twice|is "-?[\d.]+e\d+")$/i);
      }),
      { numRuns: 20_000 },
    );
  });

  it("says line and character of what is wrong, whatever ends its lines", () => {
    const why = (text: string) => readJson(text).problems.map((one) => one.why);
    expect(why('{\r\n  "a": 1,\r  "b" 2\n}')).toEqual(['is no JSON: at line 3, character 7 there is "2"']);
    expect(why('["😀", x]')).toEqual(['is no JSON: at line 1, character 8 there is "x"']);
    expect(why("[😀]")).toEqual(['is no JSON: at line 1, character 2 there is "😀"']);
  });

  it("tells every key that stands twice, with its path", () => {
    const { problems } = readJson('{"a":{"b c":1,"b c":2},"l":[0,{"x":1,"\\u0078":2}],"a":3}');
    expect(problems.map(({ path }) => path)).toEqual(['$.a["b c"]', "$.l[1].x", "$.a"]);
  });

  it("may be nested 32 deep", () => {
    const deep = (levels: number) => readJson("[".repeat(levels) + "]".repeat(levels)).problems.length;
    expect([deep(32), deep(33)]).toEqual([0, 1]);
  });

  it("changes no object's prototype", () => {
    const { value, problems } = readJson('{"__proto__":{"polluted":1},"constructor":{"a":1}}');
    expect(problems).toHaveLength(1);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value).toEqual({ constructor: { a: 1 } });
  });
});
