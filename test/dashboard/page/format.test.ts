import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytes,
  countTick,
  dollars,
  duration,
  isolate,
  onceIn,
  percent,
  reading,
  shorten,
  shortTime,
  span,
  utcTime,
  wholePercent,
} from "../../../src/dashboard/page/format.ts";

describe("numbers as an operator reads them", () => {
  it("no data is not zero", () => {
    expect([percent(null), percent(0)]).toEqual(["–", "0.0\u00a0%"]);
  });

  it("the tick of nothing is 0, whatever the others are counted in", () => {
    expect([0, 500, 2500, 1e6].map(countTick)).toEqual(["0", "500", "2.5K", "1M"]);
  });

  it("what is not whole is never shown as 100 %", () => {
    expect([wholePercent(100), wholePercent(99.99), wholePercent(87.5)]).toEqual([
      "100\u00a0%",
      "99.9\u00a0%",
      "87.5\u00a0%",
    ]);
  });

  it("a cost below a cent is not nothing", () => {
    expect([dollars(0), dollars(0.001), dollars(0.24), dollars(1234.5)]).toEqual([
      "$0.00",
      "<$0.01",
      "$0.24",
      "$1,234.50",
    ]);
  });

  it("sizes and times are in the largest unit that says something", () => {
    expect([0, 999, 1000, 999_499, 105_000_000].map(bytes)).toEqual(["0 B", "999 B", "1.0 kB", "999 kB", "105 MB"]);
    expect([0, 0.4, 212, 1500, 65_000].map(duration)).toEqual(["0 ms", "<1 ms", "212 ms", "1.5 s", "1 min"]);
    expect([0, 59.9, 60, 3599, 3600, 5400, 36_000, 90_000, -5].map(span)).toEqual([
      "0 s",
      "59 s",
      "1 min",
      "59 min",
      "1 h",
      "1 h 30 min",
      "10 h",
      "1 d",
      "0 s",
    ]);
  });

  it("how seldom something is, is told in the unit that one counts in, and not beyond belief", () => {
    expect([0.2, 30, 729, 731, 16_170, 400_000].map(onceIn)).toEqual([
      "4 h 48 min",
      "30 d",
      "729 d",
      "2 years",
      "44 years",
      "over 1,000 years",
    ]);
  });

  it("a value keeps what it says, however small or large it is", () => {
    expect([0, 21.456, -0.05, 0.00012, 1e100, 1234.5].map(reading)).toEqual([
      "0.00",
      "21.46",
      "-0.050",
      "1.20e-4",
      "1.00e+100",
      "1,234.50",
    ]);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 }), (value) => {
        const shown = Number(reading(value).replaceAll(",", ""));
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(Math.abs(value) * 0.06);
      }),
    );
  });
});

describe("times", () => {
  it("are the time of day alone only where the day is today's", () => {
    const now = new Date(2026, 0, 31, 12);
    expect(shortTime(new Date(2026, 0, 31, 9, 5, 7), now)).toBe("09:05:07");
    expect(shortTime(new Date(2026, 0, 30, 9, 5, 7), now)).toBe("2026-01-30 09:05");
    expect(utcTime("2026-01-31T09:05:07.123Z")).toBe("2026-01-31 09:05:07 UTC");
  });
});

describe("untrusted text in a picture", () => {
  it("is cut in the middle, never through a character, and never longer than asked", () => {
    expect(shorten("FAB-TEMPERATURE-001", 9)).toBe("FAB-…-001");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 3, max: 40 }), (text, limit) => {
        const short = shorten(text, limit);
        expect([...short].length).toBeLessThanOrEqual(Math.max(limit, 0));
        expect(short.isWellFormed()).toBe(text.isWellFormed());
      }),
    );
  });

  it("keeps its direction to itself", () => {
    expect(isolate("\u202eabc")).toBe("\u2068\u202eabc\u2069");
  });
});
