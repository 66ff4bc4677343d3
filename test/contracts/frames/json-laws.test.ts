import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MORE, ROW, TEXT } from "../../../src/contracts/frames/frame.ts";
import { JsonFrame } from "../../../src/contracts/frames/json.ts";
import { parsePath } from "../../../src/contracts/path.ts";
import type { Pull } from "../../../src/pipeline/source.ts";
import { comeOf, type Given, optionsOf, reasonsOf } from "./json-told.ts";

describe("the same bytes", () => {
  const parts = [
    ...[
      '{"a":1.5,"b":{"c":"x"}}',
      '{"b":{"c":"\\u00e9\\ud83d\\ude00"},"a":null}',
      '[{"a":1},{"a":2}]',
      "{}",
      "[]",
      "7",
    ],
    ...['{"r":[{"a":1},{"a":"é😀"}],"d":"x"}', '{"d":true,"r":{"a":3}}', '{"r":{"m":[{"a":1}]}}', '{"a":1,"a":2}'],
    ...[
      "  ",
      "\n",
      "\r\n",
      "\r",
      ",",
      "x",
      '"',
      "é",
      '{"a":tru}',
      "[[[",
      '{"k":"0123456789","a":12}',
      '{"a\\n":[1,2]}',
      "1e5",
    ],
  ];
  const texts = fc.array(fc.constantFrom(...parts), { maxLength: 14 }).map((chosen) => chosen.join(""));
  const lines = fc.array(fc.constantFrom(...parts), { maxLength: 14 }).map((chosen) => chosen.join("\n"));
  const givens: fc.Arbitrary<Given> = fc.record({
    lines: fc.boolean(),
    columns: fc.constantFrom(["a", "b.c", "$.d", "member"], ["a", "b.c"], ["[0]", "a"], ["$.b.c", "a"]),
    leaves: fc.boolean(),
    max: fc.constantFrom(12, 20, 30, 40, 1000),
  });
  const records = fc.constantFrom(undefined, "r", "*", "r.*");

  it("give the same records, lines and errors in whatever pieces they come, at once or later", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(
      fc.oneof(texts, lines),
      givens,
      records,
      pieces,
      fc.boolean(),
      async (text, given, path, sizes, late) => {
        const all = path === undefined ? given : { ...given, records: path };
        expect(await comeOf(text, all, sizes, late)).toEqual(await comeOf(text, all));
      },
    );
    await fc.assert(property, { numRuns: 1200 });
  });

  it("do so across buffers", async () => {
    const record = (i: number) => `{"é":"😀","v":${i},"t":"${"x".repeat((i * 37) % 900)}"}`;
    const all = Array.from({ length: 3000 }, (_, i) => record(i));
    const given = { lines: false, records: "r", columns: ["v", "$.d"], max: 2000 };
    for (const glue of [",", ",\n"]) {
      const text = `{"d":"x","r":[${all.join(glue)},\n"é",é`;
      const a = await comeOf(text, given);
      expect(a.told.length).toBe(3001);
      expect(a.refused?.byteOffset).toBe(Buffer.byteLength(text) - 2);
      const wanted = glue === "," ? "line 2, character 5" : "line 3001, character 5";
      expect(a.message).toContain(wanted);
      expect(await comeOf(text, given, [1000, 17, 50_000], true)).toEqual(a);
    }
    const oneLine = await comeOf(`{"d":"x","r":[${all.join()},é`, given, [99_999]);
    const characters = [...`{"d":"x","r":[${all.join()},`].length;
    expect(oneLine.message).toContain(`line 1, character ${characters + 1}:`);
    const ndjson = await comeOf(all.join("\r\n"), { columns: ["v"] }, [65_537]);
    expect(ndjson.told.map(({ line, row }) => [line, row])).toEqual(all.map((row, i) => [i + 1, row]));
  });

  it("have their lines counted where one buffer ends between CR and LF", async () => {
    for (const piece of [999, 6001]) {
      const { told } = await comeOf(`${"\r\n".repeat(400_000)}{}`, {}, [piece]);
      expect([piece, told.map(({ line, byteOffset }) => [line, byteOffset])]).toEqual([piece, [[400_001, 800_000]]]);
    }
  });

  it("hold a record that is longer than a buffer", async () => {
    const long = JSON.stringify({ a: "é".repeat(400_000), b: 1 });
    const given = { columns: ["b"], max: 1024 * 1024 };
    const came = await comeOf(`${long}\n${long}`, given, [30_000]);
    expect(came.told.map(({ cells, row }) => [cells[0][1], row === long])).toEqual([
      ["1", true],
      ["1", true],
    ]);
  });

  it("do not hold what nobody asks for", async () => {
    let left = 400;
    const piece = Buffer.from(`"${"y".repeat(10_000)}",\n`);
    const front = Buffer.from('{"junk":[');
    const back = Buffer.from('1],"r":[{"v":1}]}');
    let most = 0;
    const pull: Pull = (into) => {
      const next = left === 400 ? front : left > 0 ? piece : left === 0 ? back : Buffer.alloc(0);
      if (into.length < next.length) return next.copy(into, 0, 0, 0) || fail();
      left--;
      most = Math.max(most, into.buffer.byteLength);
      return next.copy(into);
    };
    const fail = (): never => {
      throw new Error("a piece has no room");
    };
    const frame = new JsonFrame("k", pull, optionsOf({ lines: false, records: "r", columns: ["v"], max: 12_000 }));
    let found = frame.next();
    for (; found === MORE; found = frame.next()) frame.fill();
    expect([found, frame.look(0), most < 1024 * 1024]).toEqual([ROW, TEXT, true]);
  });
});

/** A JSON value as text, with blanks and escapes chosen by `choices`, over and over. */
function written(value: unknown, choices: readonly number[]): string {
  let at = 0;
  const choose = (count: number) => choices[at++ % choices.length] % count;
  const blank = () => ["", "", "", " ", "\t", "  \t "][choose(6)];
  const text = (given: string) => {
    const units = Array.from({ length: given.length }, (_, i) => {
      const unit = given[i];
      const hex = given.charCodeAt(i).toString(16).padStart(4, "0");
      if (choose(5) === 0 && unit !== "\ufffd") return `\\u${choose(2) === 0 ? hex : hex.toUpperCase()}`;
      return unit === "/" && choose(2) === 0 ? "\\/" : JSON.stringify(unit).slice(1, -1);
    });
    return `"${units.join("")}"`;
  };
  const write = (one: unknown): string => {
    if (typeof one === "string") return text(one);
    if (one === null || typeof one !== "object") return JSON.stringify(one);
    const inner = Array.isArray(one)
      ? one.map(write)
      : Object.entries(one).map(([key, member]) => `${text(key)}${blank()}:${blank()}${write(member)}`);
    const [open, close] = Array.isArray(one) ? "[]" : "{}";
    return `${open}${blank()}${inner.join(`${blank()},${blank()}`)}${blank()}${close}`;
  };
  return blank() + write(value) + blank();
}

const isObject = (value: unknown): value is object => value !== null && typeof value === "object";

function at(value: unknown, steps: readonly (string | number | null)[]): unknown {
  return steps.reduce<unknown>((below, step) => {
    if (!isObject(below) || Array.isArray(below) !== (typeof step === "number")) return undefined;
    return Object.hasOwn(below, step!) ? (below as Record<string | number, unknown>)[step!] : undefined;
  }, value);
}

function cellOf(value: unknown): readonly [string, string] {
  if (value === undefined || value === null) return ["none", ""];
  if (isObject(value)) return ["other", ""];
  if (typeof value === "boolean") return ["word", `${value}`];
  return ["text", typeof value === "string" ? value : JSON.stringify(value)];
}

function leavesOf(value: unknown): (readonly [string, string])[] {
  if (value === null) return [];
  if (!isObject(value)) return [cellOf(value)];
  return Object.values(value).flatMap(leavesOf);
}

describe("beside JSON.parse", () => {
  const names = fc.oneof(
    fc.constantFrom("a", "b", "ab", "a.b", "", "0", "$", "é", 'q"', "\\", "__proto__", "\n"),
    fc.string({ unit: "grapheme", maxLength: 3 }),
  );
  const { value: values } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "medium" },
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.string({ unit: "grapheme" }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(names, tie("value"), { maxKeys: 5 }),
    ),
  }));
  const records = fc.oneof(fc.dictionary(names, values, { maxKeys: 6 }), fc.array(fc.dictionary(names, values)));
  const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });
  const paths = [
    "a",
    "b",
    "ab",
    "a.b",
    "b.a",
    "a[0]",
    "a[1].b",
    '["a.b"]',
    '[""].a',
    "é",
    "$",
    "__proto__",
    '["0"]',
    "a.a.a",
  ];

  it("the same cells are found", async () => {
    const property = fc.asyncProperty(fc.array(records), choices, async (documents, chosen) => {
      const text = documents.map((one) => written(one, chosen)).join("\n");
      const wanted = documents.flat().map((record) => paths.map((path) => cellOf(at(record, parsePath(path)!.steps))));
      for (const lines of [true, false]) {
        const { told } = await comeOf(text, { columns: paths, lines });
        expect(told.map(({ reason }) => reason)).toEqual(wanted.map(() => ""));
        expect(told.map(({ cells }) => cells)).toEqual(wanted);
      }
    });
    await fc.assert(property, { numRuns: 400 });
  });

  it("the same leaves are found, and each by its name", async () => {
    const property = fc.asyncProperty(fc.array(records), choices, async (documents, chosen) => {
      const text = documents.map((one) => written(one, chosen)).join("\n");
      const { told } = await comeOf(text, { columns: ["a", "b[0]"], leaves: true });
      const all = documents.flat();
      for (const [i, { leaves, cells }] of told.entries()) {
        expect(leaves.map(([, kind, cell]) => [kind, cell])).toEqual(leavesOf(all[i]));
        expect(cells).toEqual(["a", "b[0]"].map((path) => cellOf(at(all[i], parsePath(path)!.steps))));
        for (const [name, kind, cell] of leaves) {
          const path = parsePath(name);
          // What is no path has a name that paths cannot say.
          if (path !== null) expect(cellOf(at(all[i], path.steps))).toEqual([kind, cell]);
          else expect(name).toMatch(/\["/);
        }
        expect(new Set(leaves.map(([name]) => name)).size).toBe(leaves.length);
      }
      expect(told.length).toBe(all.length);
    });
    await fc.assert(property, { numRuns: 400 });
  });

  it("the same lines are no JSON", async () => {
    const bits = fc.constantFrom(
      ...'{}[]",:\\u0123456789aeEtrufalsn+-. \t\u0001\u00a0é',
      '"a":',
      "1e5",
      "\\u00",
      "null",
      "-0",
    );
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.oneof(bits, fc.constant(""))), { maxLength: 4 });
    const property = fc.asyncProperty(records, choices, edits, fc.boolean(), async (value, chosen, changes, leaves) => {
      let text = written(value, chosen);
      for (const [where, length, put] of changes) {
        const p = where % (text.length + 1);
        text = text.slice(0, p) + put + text.slice(p + length);
      }
      // Halves of pairs are no UTF-8.
      text = text.toWellFormed();
      if (text.trim() === "") return;
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      const reasons = await reasonsOf(`${text}\n{}`, { leaves: leaves && !text.includes("\\u") });
      expect(reasons.at(-1)).toBe("");
      expect([text, reasons.includes("json_invalid")]).toEqual([text, !isJson]);
    });
    await fc.assert(property, { numRuns: 2000 });
  });
});
