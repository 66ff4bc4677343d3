import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../../src/contracts/fields/pattern.ts";
import { PatternReader } from "../../../src/contracts/fields/pattern-reader.ts";

/** Seconds, offset and digits of the fraction; null where the text is none of the pattern. */
function read(pattern: string, text: string): readonly [number, number, string] | null {
  const compiled = compilePattern(pattern);
  expect(compiled.problems).toEqual([]);
  const reader = new PatternReader(compiled);
  const cell = Buffer.from(text);
  if (!reader.read(cell, 0, cell.length)) return null;
  return [
    reader.local,
    reader.offset,
    Buffer.from(reader.digits).toString("latin1", reader.digitsFrom, reader.digitsTo),
  ];
}

const at = (iso: string) => Date.parse(`${iso}Z`) / 1000;

describe("a pattern reads", () => {
  it.each([
    ["yyyyMMddHHmmss", "20260301123456", "2026-03-01T12:34:56", ""],
    ["yyyyMMddHHmmssSSS", "20260301123456789", "2026-03-01T12:34:56", "789"],
    ["yyyy-MM-dd HH:mm:ss.SSS", "2026-03-01 12:34:56.1", "2026-03-01T12:34:56", "1"],
    ["yyyy-MM-dd HH:mm:ss.S", "2026-03-01 12:34:56.123456789", "2026-03-01T12:34:56", "123456789"],
    ["yyyy-MM-dd HH:mm:ss.S", "2026-03-01 12:34:56", "2026-03-01T12:34:56", ""],
    ["yyyy-MM-dd HH:mm:ss,SSS 'h'", "2026-03-01 12:34:56 h", "2026-03-01T12:34:56", ""],
    ["yyyy-MM-dd HH:mm:ss:SSS", "2026-03-01 12:34:56:007", "2026-03-01T12:34:56", "007"],
    ["M/d/yyyy h:mm a", "3/1/2026 1:05 pm", "2026-03-01T13:05:00", ""],
    ["M/d/yyyy h:mm a", "12/31/2026 12:05\u202fAM", "2026-12-31T00:05:00", ""],
    ["M/d/yyyy h:mma", "12/31/2026 12:05Pm", "2026-12-31T12:05:00", ""],
    ["EEE MMM d HH:mm:ss yyyy", "Sun Mar  1 12:34:56 2026", "2026-03-01T12:34:56", ""],
    ["EEEE, d. MMMM yyyy", "dimanche, 1. MARCH 2026", "2026-03-01T00:00:00", ""],
    ["EEE d-MMM-yy", "So. 1-may-69", "1969-05-01T00:00:00", ""],
    ["dd.MM.yy", "29.02.68", "2068-02-29T00:00:00", ""],
    ["yyyy'年'M'月'd'日' H''mm", "2026年3月1日 7'05", "2026-03-01T07:05:00", ""],
    ["yyyy年M月d日", "2026年12月31日", "2026-12-31T00:00:00", ""],
    ["'Q''s' dd.MM.yyyy", "Q's 01.03.2026", "2026-03-01T00:00:00", ""],
  ])("%s: %s", (pattern, text, iso, digits) => {
    expect(read(pattern, text)).toEqual([at(iso), Number.NaN, digits]);
  });

  it.each([
    ["Z", 0],
    ["+01", 3600],
    ["-0330", -12_600],
    ["+05:45", 20_700],
    ["-00:00", 0],
  ])("the offset %s", (text, offset) => {
    for (const letters of ["X", "XX", "XXX", "x", "xxx", "Z", "ZZZZZ"]) {
      expect(read(`yyyy-MM-dd'T'HH:mm:ss${letters}`, `2026-03-01T00:00:00${text}`)).toEqual([
        at("2026-03-01T00:00:00"),
        offset,
        "",
      ]);
    }
  });

  it.each([
    ["yyyy-MM-dd HH:mm", "2026-02-29 00:00"],
    ["yyyy-MM-dd HH:mm", "2026-03-01 24:00"],
    ["yyyy-MM-dd HH:mm:ss", "2016-12-31 23:59:60"],
    ["yyyy-MM-dd HH:mm", "2026-03-01 00:60"],
    ["yyyy-MM-dd HH:mm", "2026-03-01 00:0"],
    ["yyyy-MM-dd HH:mm", "2026-03-01 00:00 "],
    ["yyyy-MM-dd HH:mm", "2026-03-0100:00"],
    ["yyyy-MM-dd HH:mm", "2026-00-01 00:00"],
    ["yyyy-MM-dd HH:mm", "2026-03-00 00:00"],
    ["yyyy-MM-dd hh:mm a", "2026-03-01 00:00 AM"],
    ["yyyy-MM-dd hh:mm a", "2026-03-01 13:00 PM"],
    ["yyyy-MM-dd hh:mm a", "2026-03-01 12:00 XM"],
    ["yyyy-MM-dd hh:mm a", "2026-03-01 12:00 A"],
    ["yyyy-MM-dd HH:mm:ss.S", "2026-03-01 00:00:00."],
    ["yyyy-MM-dd HH:mm:ss:S", "2026-03-01 00:00:00"],
    ["yyyy-MM-dd HH:mmX", "2026-03-01 00:00"],
    ["yyyy-MM-dd HH:mmX", "2026-03-01 00:00+1"],
    ["yyyy-MM-dd HH:mmX", "2026-03-01 00:00+01:6"],
    ["yyyy-MM-dd HH:mmX", "2026-03-01 00:00+24:00"],
    ["d MMM yyyy", "1 Mrz 2026"],
    ["d MMMM yyyy", "1 Mar 2026"],
    ["M/d/yyyy", "123/1/2026"],
    ["yyyy", ""],
  ])("%s: not %j", (pattern, text) => {
    expect(read(pattern === "yyyy" ? "yyyy-MM-dd" : pattern, text)).toBeNull();
  });

  it("the same whatever it read before", () => {
    const cell = fc
      .tuple(
        fc.constantFrom("28", "29", "30", "\0\0"),
        fc.constantFrom("02", "03", "13"),
        fc.nat({ max: 25 }),
        fc.boolean(),
      )
      .map(
        ([day, month, hour, isWhole]) => `${day}.${month}.2026 ${String(hour).padStart(2, "0")}${isWhole ? ":30" : ""}`,
      );
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 20 }), (texts) => {
        const pattern = compilePattern("dd.MM.yyyy HH:mm");
        const [reader, found] = [new PatternReader(pattern), [] as (number | null)[]];
        for (const text of texts) found.push(reader.read(Buffer.from(text), 0, text.length) ? reader.local : null);
        expect(found).toEqual(texts.map((text) => read("dd.MM.yyyy HH:mm", text)?.[0] ?? null));
        const known = texts.map(
          (text) => Date.parse(text.replace(/^(..)\.(..)\.(.{4}) (.*)$/, "$3-$2-$1T$4:00Z")) / 1000,
        );
        for (const [i, seconds] of found.entries()) if (seconds !== null) expect(seconds).toBe(known[i]);
      }),
    );
  });

  it("whatever it is given, to its end and no further", () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const patterns = fc.constantFrom("yyyy-MM-dd HH:mm:ss.SSSX", "EEE, d MMM yy h:mm a", "MMMM d yyyy H:m:s,S");
    fc.assert(
      fc.property(patterns, bytes, (pattern, cell) => {
        const reader = new PatternReader(compilePattern(pattern));
        const around = Buffer.concat([Buffer.from("20"), cell, Buffer.from("+01:00")]);
        expect(reader.read(around, 2, 2 + cell.length)).toBe(
          new PatternReader(compilePattern(pattern)).read(cell, 0, cell.length),
        );
      }),
    );
  });
});

describe("a pattern with problems names them all", () => {
  it.each([
    [
      "YYYY-MM-DD hh:mm",
      [
        '"YYYY" is not known: it is the year of a week: write yyyy',
        '"DD" is not known: it is the day of the year: write dd',
        "it has no year",
        "it has no day",
        '"hh" is an hour of 12: add a, or write HH',
      ],
    ],
    ["HH:mm:ss", ["it has no year", "it has no month", "it has no day"]],
    ["yyyy-mm-dd HH:mm", ['the minute is there twice: "mm" and "mm"', "it has no month"]],
    ["yyyy-MM-ddTHH:mm", [`"T" is not known: write it in quotes: 'T'`]],
    ["yyyy-MM-dd'T HH:mm", ["a quote is not closed", `"T" is not known: write it in quotes: 'T'`]],
    ["yyyy-MM-dd HH:mm a", ['"HH" is an hour of 24 and a is there: write hh']],
    ["yyyy-MM-dd HH:mm z", ['"z" is not known: the zone is a setting of its own: zone']],
    ["yyyyMd", ['"M" may have one digit or more and "d" follows at once: write "MM"']],
    [
      "yyyy-MM-dd HH:mm:ss.SSSyy",
      ['the year is there twice: "yyyy" and "yy"', '"SSS" may have one digit or more and "yy" follows at once'],
    ],
    ["yyyy-MM-dd ss.S", ["it has a second and no minute"]],
    ["yyyy-MM-dd HH:mm.S", ["it has a fraction and no second"]],
    ["yyyy-MM-dd a", ["it has AM or PM and no hour"]],
    ["yyyy-MM-dd ppp", ['"ppp" is not known']],
    ["yyyyy-MM-dd", ['"yyyyy" is not known: write yyyy or yy', "it has no year"]],
    ["", ["it has no year", "it has no month", "it has no day"]],
  ])("%s", (pattern, problems) => {
    expect([...compilePattern(pattern).problems].sort()).toEqual([...problems].sort());
  });

  it("and reads any text as a pattern without failing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (pattern) => {
        expect(Array.isArray(compilePattern(pattern).problems)).toBe(true);
      }),
    );
  });
});
