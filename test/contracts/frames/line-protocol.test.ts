import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineFrame } from "../../../src/contracts/frames/line-protocol.ts";
import { holdsToLaws, linesOf, type OpenFrame, seen } from "./laws.ts";

const opened =
  (columns: readonly string[], maxRecordBytes = 1000, leaves = true): OpenFrame =>
  (pull) =>
    new LineFrame("bronze/b", pull, { columns, leaves, maxRecordBytes });

/** The cells of the only record; its reason where it is none. */
async function only(line: string, ...columns: string[]) {
  const { records, error } = await seen(opened(columns), `${line}\n`);
  expect([records.length, error]).toEqual([1, null]);
  return records[0].reason === "" ? records[0].cells : records[0].reason;
}

const CASE = "test/contracts/cases/line-protocol";

it("reads the case of a gateway's pumps: every digit of its readings and times, escapes undone", async () => {
  const { records } = await seen(opened(["time", "host", "pressure", "flow"]), readFileSync(`${CASE}/source.lp`));
  const rows = records.flatMap(({ cells: [time, host, pressure, flow] }) => {
    const at = new Date(Number(BigInt(time ?? 0) / 1_000_000n)).toISOString();
    const id = (measure: string) => (host?.includes(",") ? `"${host}.${measure}"` : `${host}.${measure}`);
    return [`${at},${id("pressure")},${pressure},bar`, `${at},${id("flow")},${flow},l/min`];
  });
  expect(["timestamp,device_id,value,unit", ...rows, ""].join("\n")).toBe(readFileSync(`${CASE}/readings.csv`, "utf8"));
  expect(records[0].cells[0]).toBe("1772323200000123456");
  expect(records[0].leaves).toEqual([
    ...[["pressure", "1.18"] as const, ["flow", "407"] as const],
    ...[["running", "~false"] as const, ["mode", "~auto, fast"] as const],
  ]);
});

describe("the cells of a point", () => {
  it.each([
    ["1", "1"],
    ["-1.50", "-1.50"],
    ["+1", "1"],
    [".5", ".5"],
    ["5.", "5."],
    ["-1.234456e+78", "-1.234456e+78"],
    ["1E5", "1E5"],
    ["9007199254740993i", "9007199254740993"],
    ["-9223372036854775808i", "-9223372036854775808"],
    ["18446744073709551615u", "18446744073709551615"],
    ["0i", "0"],
    ...["t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"].map((word) => [word, `~${word}`]),
    ['""', "~"],
    ['"a, b=c # d"', "~a, b=c # d"],
    ['"\\"C:\\\\d\\n\\""', '~"C:\\d\\n"'],
    ['"two\nlines"', "~two\nlines"],
    ['"21.5"', "~21.5"],
  ])("a field written %s is told as %s", async (written, told) => {
    expect(await only(`m f=${written} 1`, "f", "time")).toEqual([told, "1"]);
    expect(await only(`m,t=x g=1,f=${written},h=2`, "h", "f", "time")).toEqual(["2", told, null]);
  });

  it.each([
    ["a\\,b", "a,b"],
    ["a\\=b", "a=b"],
    ["a\\ b", "a b"],
    ['"a"', '"a"'],
    ["a\\b\\", "a\\b\\"],
    ["a\\\\b", "a\\\\b"],
    ["a\\\\\\,b", "a\\\\,b"],
    ["é\\ 😀", "é 😀"],
  ])("a tag written %s is told as %s", async (written, told) => {
    // A backslash at the end of a tag is one where nothing that it would escape is behind it.
    const written2 = written.endsWith("\\") ? `${written}x` : written;
    const told2 = written.endsWith("\\") ? `${told}x` : told;
    expect(await only(`m,t=${written2} f=1`, "t")).toEqual([told2]);
    expect(await only(`m,${written2}=v,u=w f=1`, told2, "u")).toEqual(["v", "w"]);
    expect(await only(`m ${written2}=1`, told2)).toEqual(["1"]);
  });

  it("the measurement keeps its equals signs, and gives way to a tag or field that is called so", async () => {
    expect(await only("a\\=b=c\\ d\\,e,t=1 f=1 5", "measurement", "time")).toEqual(["a\\=b=c d,e", "5"]);
    expect(await only("m f=1", "measurement", "t")).toEqual(["m", null]);
    expect(await only("m,measurement=tag f=1", "measurement")).toEqual(["tag"]);
    expect(await only("m,measurement=tag measurement=2", "measurement")).toEqual(["2"]);
  });

  it("a name that is both a tag and a field is the field; the timestamp is no field of its name", async () => {
    expect(await only("m,host=a host=1 5", "host")).toEqual(["1"]);
    expect(await only("m,host=a host=1 5", "host", "time", "host")).toEqual(["1", "5", "1"]);
    expect(await only("m,time=a time=1 -5", "time")).toEqual(["-5"]);
    expect(await only("m time=1", "time")).toEqual([null]);
  });

  it("blanks may stand around its parts", async () => {
    expect(await only("  m,t=a   f=1,g=2   5   ", "t", "f", "g", "time")).toEqual(["a", "1", "2", "5"]);
    expect(await only("m f=1 ", "f", "time")).toEqual(["1", null]);
  });
});

it.each([
  ...[
    "m",
    "m ",
    "m,t=a",
    "m,t=a ",
    ",t=a f=1",
    "m, f=1",
    "m,t f=1",
    "m,t= f=1",
    "m,=a f=1",
    "m,t=a=b f=1",
    "m,t=a, f=1",
  ],
  ...[
    "m f",
    "m f=",
    "m =1",
    "m f=1,",
    "m f=1,g",
    "m f=1, g=2",
    "m f==1",
    "m f=x",
    "m f=1x",
    "m f=1i2",
    "m f=-",
    "m f=1e",
  ],
  ...[
    "m f=1e+",
    "m f=.",
    "m f=--1",
    "m f=1.2.3",
    "m f=1.5i",
    "m f=-1u",
    "m f=NaN",
    "m f=inf",
    "m f=tru",
    "m f=tRUE",
    "m f=0x1f",
  ],
  ...[
    'm f="a',
    'm f="a"b',
    'm f="a\\"',
    "m f='a'",
    "m f=1 x",
    "m f=1 5.5",
    "m f=1 -",
    "m f=1 5 6",
    "m f=1 5x",
    "m\tf=1",
  ],
  ...["m f=1\t5", "m,t=a\tb f=1", "m f=1,f2=\u0001", "m,t=\\ f=1", "plain text", "m f=1,234"],
])("the line %j is no point: rejected, and the lines around it are read", async (line) => {
  const { records, error } = await seen(opened(["f"]), `a f=1\n${line}\nb f=2\n`);
  expect(error).toBeNull();
  expect(records.map(({ bytes, reason, cells, leaves }) => [bytes, reason, cells, leaves.length])).toEqual([
    ["a f=1", "", ["1"], 1],
    [line, "line_invalid", [null], 0],
    ["b f=2", "", ["2"], 1],
  ]);
});

it.each(["m,t=a,t=a f=1", "m f=1,f=2 5", "m,a=1,b=2,a=3 f=1", "m f=1,a\\ b=2,a\\ b=3"])(
  "a key that stands twice, as in %j, makes it no reading",
  async (line) => {
    expect(await only(line, "f")).toBe("key_twice");
    expect(await only("m,t=a t=1", "t")).toEqual(["1"]);
  },
);

it("comments, empty lines and blanks are no records, and every kind of line end is one", async () => {
  const text = "# a f=1\n\n \t\r\na f=1\r  # b\rb f=2\r\n\nc f=3\n";
  const { records } = await seen(opened(["f"]), text);
  expect(records.map(({ line, byteOffset, bytes }) => [line, byteOffset, bytes])).toEqual([
    [4, text.indexOf("a f=1\r"), "a f=1"],
    [6, text.indexOf("b f=2"), "b f=2"],
    [8, text.indexOf("c f=3"), "c f=3"],
  ]);
});

it("a last line without its end is a record, and told", async () => {
  for (const [text, isAdded] of [
    ["m f=1\nm f=2", true],
    ["m f=1\nm f=2\r", false],
    ["m f=1\n", false],
    ["", false],
  ] as const) {
    const { records, isLineEndAdded } = await seen(opened(["f"]), text);
    expect([text, records.length, isLineEndAdded]).toEqual([text, linesOf(text).length, isAdded]);
  }
});

it("counts the lines of a text that goes over several", async () => {
  const { records } = await seen(opened(["f"]), 'm s="a\nb\r\nc\rd",f=1\nm f=2\n');
  expect(records.map(({ line, cells }) => [line, cells[0]])).toEqual([
    [1, "1"],
    [5, "2"],
  ]);
});

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
      for (;;) if (frame.next() === 1) frame.fill();
    };
    expect(all).toThrow("longer than 5000000 bytes");
    expect(pulled).toBeLessThan(12_000_000);
  });

  it("a point of very many tags is read in linear time, and what is known of them is let go of", async () => {
    const tags = Array.from({ length: 200_000 }, (_, i) => `,t${i}=v`).join("");
    const text = `m${tags} f=1\nm${tags},t5=v f=1\nm,t7=w f=2\n`;
    const started = performance.now();
    const { records } = await seen(opened(["t199999", "t7", "f"], 1e8, false), text, [100_000]);
    expect(records.map(({ reason, cells }) => [reason, ...cells])).toEqual([
      ["", "v", "v", "1"],
      ["key_twice", null, null, null],
      ["", null, "w", "2"],
    ]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
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
