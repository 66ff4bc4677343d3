import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { linesOf, seen } from "./laws.ts";
import { opened } from "./line-points.ts";

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
  expect(await only(line, "f")).toBe("line_invalid");
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
