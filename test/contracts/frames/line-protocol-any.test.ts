import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MORE } from "../../../src/contracts/frames/frame.ts";
import { LineFrame } from "../../../src/contracts/frames/line-protocol.ts";
import { cpuSeconds } from "../../cpu-seconds.ts";
import { holdsToLaws, linesOf, seen } from "./laws.ts";
import { opened } from "./line-points.ts";

describe("a quote that is never closed", () => {
  const readings = Array.from({ length: 100 }, (_, i) => `m f=${i}\n`).join("");

  it.each([
    ["before lines without quotes", readings],
    ["before more than a record may have", readings.repeat(30)],
    ["before lines with quotes", `m s="a",f=1\n${readings}`],
  ])("costs its own line only, %s", async (_, behind) => {
    const { records, error } = await seen(opened(["f"]), `a f=1\nm f="open 1\n${behind}`);
    expect(error).toBeNull();
    expect(records.slice(0, 2).map(({ bytes, reason }) => [bytes, reason])).toEqual([
      ["a f=1", ""],
      ['m f="open 1', "line_invalid"],
    ]);
    expect(records.slice(2).map(({ bytes, reason }) => [`${bytes}\n`, reason])).toEqual(
      linesOf(behind).map((line) => [line, ""]),
    );
  });
});

describe("what is meant to be too much", () => {
  it("a line longer than a record may be refuses the file, after the lines before it", async () => {
    for (const line of [
      `m f=${"1".repeat(997)}`,
      `m ${"x".repeat(2000)}`,
      `# ${"x".repeat(999)}`,
      " ".repeat(1001),
      `m s="${"x".repeat(1000)}`,
    ]) {
      const { records, error } = await seen(opened(["f"]), `a f=1\n${line}\nb f=2\n`, [64]);
      expect(records.length).toBe(1);
      expect(error).toContain('row_too_long: Cannot read "bronze/b": line 2: the row is longer than 1000 bytes');
    }
    expect((await seen(opened(["f"]), `m f=${"1".repeat(996)}`)).error).toBeNull();
  });

  it("a line that never ends is given up at that length", async () => {
    let pulled = 0;
    const frame = new LineFrame(
      "bronze/b",
      (into) => {
        into.fill(120);
        pulled += into.length;
        return into.length;
      },
      { columns: [], leaves: false, maxRecordBytes: 5_000_000 },
    );
    const all = () => {
      for (;;) if (frame.next() === MORE) frame.fill();
    };
    expect(all).toThrow("longer than 5000000 bytes");
    expect(pulled).toBeLessThan(12_000_000);
  });

  it("a point of very many tags is read in linear time, and what is known of them is let go of", async () => {
    const tags = Array.from({ length: 200_000 }, (_, i) => `,t${i}=v`).join("");
    const text = `m${tags} f=1\nm${tags},t5=v f=1\nm,t7=w f=2\n`;
    const started = cpuSeconds();
    const { records } = await seen(opened(["t199999", "t7", "f"], 1e8, false), text, [100_000]);
    expect(records.map(({ reason, cells }) => [reason, ...cells])).toEqual([
      ["", "v", "v", "1"],
      ["key_twice", null, null, null],
      ["", null, "w", "2"],
    ]);
    expect(cpuSeconds() - started).toBeLessThan(10);
  });
});

it("keys that were let go of are not taken for others whose bytes stand in their place", async () => {
  const letters = [..."bcdefghzik"];
  const line = (keys: readonly string[], value: number) => `m ${keys.map((key) => `${key}=${value}`).join(",")}\n`;
  const many = Array.from({ length: 5000 }, (_, i) => `key${i}`);
  const text = line(letters, 1) + line(["b", "z"], 2) + line(many, 3) + line(["j".repeat(16), "j"], 4);
  const { records } = await seen(opened(["j", "b"], 1e6, false), text);
  expect(records.map(({ cells }) => cells.join())).toEqual([",1", ",2", ",", "4,"]);
});

/** Texts of what the grammar has a use for, and of what it has none. */
const parts = fc.constantFrom(
  ...[
    "m",
    "cpu,host=a",
    " ",
    ",",
    "=",
    "f=1",
    "f=1i",
    "g=t",
    's="',
    '"',
    "\\",
    '\\"',
    "\\ ",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "#",
    "é",
    "😀",
  ],
  ...[" 17", "\t", "m f=1\n", 'm,t=a s="x\ny",f=2 5\n', "# c\n", "\n\n", "key"],
);
const texts = fc.array(parts, { maxLength: 40 }).map((chosen) => chosen.join(""));

it("pieces do not matter, and places are right", async () => {
  await holdsToLaws(opened(["f", "host", "time", "measurement"], 60), texts, 1000);
});

it("every line is in a record, a comment or empty", async () => {
  const property = fc.asyncProperty(texts, async (text) => {
    const { records, error } = await seen(opened([]), text);
    expect(error).toBeNull();
    const lines = linesOf(text);
    const left = new Set(lines.keys());
    for (const { line, bytes } of records) {
      for (let i = 0; i < Math.max(1, linesOf(bytes).length); i++) expect(left.delete(line - 1 + i)).toBe(true);
    }
    for (const i of left) expect(lines[i]).toMatch(/^[ \t]*(#.*)?[\r\n]*$/u);
  });
  await fc.assert(property, { numRuns: 1000 });
});

describe("points of any names", () => {
  const name = fc
    .array(fc.constantFrom(...",= \"\\#abé😀'_"), { minLength: 1, maxLength: 6 })
    .map((letters) => letters.join(""))
    // No escape would tell a backslash at the end from one that escapes what comes behind it.
    .filter((text) => !text.endsWith("\\"));
  const field = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => [`${n}i`, `${n}`] as const),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((n) => [`${n}`.replace("e+", "e"), `${n}`.replace("e+", "e")] as const),
    fc.constantFrom(...["t", "FALSE"].map((word) => [word, `~${word}`] as const)),
    fc.string({ unit: "grapheme" }).map((text) => [`"${text.replace(/["\\]/g, "\\$&")}"`, `~${text}`] as const),
    fc.constant(['"a\nb\r\nc\rd"', "~a\nb\r\nc\rd"] as const),
  );
  const point = fc.record({
    measurement: name.filter((text) => !text.startsWith("#")),
    tags: fc.uniqueArray(fc.tuple(name, name), { selector: ([key]) => key, maxLength: 4 }),
    fields: fc.uniqueArray(fc.tuple(name, field), { selector: ([key]) => key, minLength: 1, maxLength: 4 }),
    time: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n })),
  });
  const escaped = (text: string) => text.replace(/[,= ]/g, "\\$&");

  it("are read as they were written", async () => {
    const property = fc.asyncProperty(
      fc.array(point, { maxLength: 6 }),
      fc.integer({ min: 1, max: 50 }),
      async (points, size) => {
        const text = points.map(({ measurement, tags, fields, time }) => {
          const front = [
            measurement.replace(/[, ]/g, "\\$&"),
            ...tags.map(([key, tag]) => `${escaped(key)}=${escaped(tag)}`),
          ];
          const written = fields.map(([key, [form]]) => `${escaped(key)}=${form}`);
          return `${front.join(",")} ${written.join(",")}${time === null ? "" : ` ${time}`}\n`;
        });
        const columns = [...new Set(points.flatMap(({ tags }) => tags.map(([key]) => key)))];
        const { records, error } = await seen(opened(["time", "measurement", ...columns], 1e6), text.join(""), [size]);
        expect(error).toBeNull();
        const wanted = points.map(({ measurement, tags, fields, time }) => {
          const all = new Map<string, string>([...tags, ...fields.map(([key, [, told]]) => [key, told] as const)]);
          return {
            reason: "",
            cells: [time === null ? null : `${time}`, measurement, ...columns.map((key) => all.get(key) ?? null)],
            leaves: fields.map(([key, [, told]]) => [key, told]),
          };
        });
        expect(records.map(({ reason, cells, leaves }) => ({ reason, cells, leaves }))).toEqual(wanted);
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });
});
