import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createClock,
  isNamedZone,
  type TimestampFormat,
  timestampProblems,
} from "../../../src/contracts/fields/clock.ts";
import { roomForTimestamp } from "../../../src/contracts/fields/instant-writer.ts";
import { loadZones } from "../../../src/contracts/fields/zones.ts";
import { REASONS } from "../../../src/pipeline/rejects.ts";

const rules = await loadZones();

/** What becomes of texts, one after the other, wherever they stand and whatever stands around them. */
function read(format: string, texts: readonly string[], zone = "UTC", more: Partial<TimestampFormat> = {}): string[] {
  const clocks = [0, 1].map(() => createClock({ format, zone, ambiguous: "order", ...more }, rules));
  return texts.map((text) => {
    const [alone, amid] = clocks.map((clock, i) => {
      const cell = Buffer.from(i === 0 ? text : `2026-03-01T00:00:0${text}0:5+05`);
      const from = i === 0 ? 0 : 18;
      const to = from + Buffer.byteLength(text);
      const out = Buffer.alloc(roomForTimestamp(to - from) + 8, "#");
      const end = clock.write(cell, from, to, out, 4);
      expect(out.subarray(0, 4).toString()).toBe("####");
      if (end < 0) return REASONS[-end].reason;
      expect(end).toBeLessThanOrEqual(out.length - 4);
      return out.toString("utf8", 4, end);
    });
    expect(amid).toBe(alone);
    return alone;
  });
}

const INVALID = "timestamp_invalid";

describe("iso", () => {
  const canonical = [
    "2026-03-01T00:00:00.123456789012345678901234567890Z",
    "2026-03-01 00:00",
    "2026-03-01T00:00:00+05:30",
    "2026-03-01T00:00-0800",
    "1772323200",
    "1772323200123",
  ];

  it("keeps what the data contract accepts, byte for byte", () => {
    expect(read("iso", canonical)).toEqual(canonical);
  });

  it.each([
    "2026-02-29T00:00:00Z",
    "2026-03-01T24:00:00Z",
    "2016-12-31T23:59:60Z",
    "2026-03-01",
    "",
    "now",
    "177232320",
  ])("refuses %j as the data contract does", (text) => {
    expect(read("iso", [text])).toEqual([INVALID]);
    expect(read("iso", [text], "Europe/Berlin")).toEqual([INVALID]);
  });

  it("reads what has no offset as local time of the zone, and leaves the rest", () => {
    const local = ["2026-03-01T00:00", "2026-03-01 00:00:00.1000", "2026-07-01T00:00:00"];
    expect(read("iso", local, "Europe/Berlin")).toEqual([
      "2026-02-28T23:00:00Z",
      "2026-02-28T23:00:00.1000Z",
      "2026-06-30T22:00:00Z",
    ]);
    const others = canonical.filter((text) => text !== "2026-03-01 00:00");
    expect(read("iso", others, "Europe/Berlin")).toEqual(others);
    expect(read("iso", ["2026-03-01 00:00"], "-03:30")).toEqual(["2026-03-01T03:30:00Z"]);
  });
});

describe("unix", () => {
  it.each([
    ["ns", "1772323200000123456", "2026-03-01T00:00:00.000123456Z"],
    ["us", "1772323200000123.50", "2026-03-01T00:00:00.00012350Z"],
    ["ms", "1772323200000", "2026-03-01T00:00:00.000Z"],
    ["s", "1772323200", "2026-03-01T00:00:00Z"],
    ["s", "1772323200.25", "2026-03-01T00:00:00.25Z"],
    ["s", "0001772323200", "2026-03-01T00:00:00Z"],
    ["s", "0", "1970-01-01T00:00:00Z"],
    ["s", "-0.0", "1970-01-01T00:00:00.0Z"],
    ["ns", "1", "1970-01-01T00:00:00.000000001Z"],
    ["ns", "-1", "1969-12-31T23:59:59.999999999Z"],
    ["s", "-1.50", "1969-12-31T23:59:58.50Z"],
    ["ms", "-1000", "1969-12-31T23:59:59.000Z"],
    ["s", "253402300799", "9999-12-31T23:59:59Z"],
    ["s", "-62167219200", "0000-01-01T00:00:00Z"],
  ])("%s: %s is %s", (unit, text, expected) => {
    expect(read(`unix:${unit}`, [text], "Europe/Berlin")).toEqual([expected]);
  });

  it.each([
    "",
    "-",
    "+1",
    "1.",
    ".5",
    "1e9",
    "1 ",
    " 1",
    "0x1",
    "1,5",
    "NaN",
    "253402300800",
    "-62167219201",
    "9".repeat(400),
  ])("refuses %j", (text) => {
    expect(read("unix:s", [text])).toEqual([INVALID]);
  });

  it("moves the point and nothing else: as BigInt reckons", () => {
    const units = fc.constantFrom<[string, number]>(["s", 0], ["ms", 3], ["us", 6], ["ns", 9]);
    fc.assert(
      fc.property(
        units,
        fc.bigInt(-60_000_000_000n, 250_000_000_000n),
        fc.stringMatching(/^[0-9]{0,30}$/),
        (unit, s, digits) => {
          const fraction = digits.padEnd(unit[1], "0");
          const scale = 10n ** BigInt(fraction.length);
          // The text of s + 0.fraction, in the unit.
          const total = s * scale + (fraction === "" ? 0n : BigInt(fraction));
          const plain = String(total < 0n ? -total : total).padStart(fraction.length + 1, "0");
          const point = plain.length - (fraction.length - unit[1]);
          const text = `${total < 0n ? "-" : ""}${plain.slice(0, point)}${point < plain.length ? `.${plain.slice(point)}` : ""}`;
          const date = new Date(Number(s) * 1000).toISOString().slice(0, 19);
          expect(read(`unix:${unit[0]}`, [text])).toEqual([`${date}${fraction === "" ? "" : `.${fraction}`}Z`]);
        },
      ),
    );
  });
});

describe("the clock", () => {
  it.each([
    ["MM/dd/yy hh:mm:ss a", "-07:00", "05/25/25 12:12:42 PM", "2025-05-25T19:12:42Z"],
    ["MM/dd/yy hh:mm:ss a", "-07:00", "05/25/25 12:12:42 am", "2025-05-25T07:12:42Z"],
    ["yyyy-MM-dd HH:mm:ss", "+01:00", "2025-03-01 00:10:00", "2025-02-28T23:10:00Z"],
    ["dd.MM.yyyy HH:mm:ss", "+02:00", "02.06.2025 06:00:00", "2025-06-02T04:00:00Z"],
    ["dd/MM/yyyy HH.mm.ss", "UTC", "10/03/2004 18.00.00", "2004-03-10T18:00:00Z"],
    ["yyyy-MM-dd HH:mm", "America/Vancouver", "2026-11-01 01:30", "2026-11-01T08:30:00Z"],
    ["yyyy-MM-dd HH:mm", "America/Vancouver", "2026-11-01 05:30", "2026-11-01T12:30:00Z"],
    ["yyyy-MM-dd HH:mm", "Europe/Berlin", "2026-03-29 02:00", "timestamp_nonexistent"],
    ["yyyy-MM-dd HH:mm", "Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00Z"],
    ["yyyy-MM-dd", "Asia/Kolkata", "2026-01-01", "2025-12-31T18:30:00Z"],
    ["yyyy-MM-dd HH:mm", "-01:00", "9999-12-31 23:30", INVALID],
    ["yyyy-MM-dd HH:mm", "+01:00", "0000-01-01 00:30", INVALID],
  ])("%s in %s: %s is %s", (format, zone, text, expected) => {
    expect(read(format, [text], zone)).toEqual([expected]);
  });

  it.each([
    ["first", "2025-10-26T00:30:00Z"],
    ["second", "2025-10-26T01:30:00Z"],
    ["reject", "timestamp_ambiguous"],
  ] as const)("takes an hour that exists twice as told: %s", (ambiguous, expected) => {
    const texts = ["2025-10-26T02:30", "2025-10-26T02:30", "2025-10-26T02:00:00"];
    const found = read("iso", texts, "Europe/Berlin", { ambiguous });
    expect(found.slice(0, 2)).toEqual([expected, expected]);
    expect(read("iso", ["2025-10-26T02:30+02:00"], "Europe/Berlin", { ambiguous })).toEqual(["2025-10-26T02:30+02:00"]);
  });

  it.each([
    "0000-02-29",
    "0000-12-31",
    "1600-02-29",
    "1900-02-28",
    "1900-03-01",
    "2000-02-29",
    "2100-12-31",
    "2400-02-29",
  ])("writes %s", (date) => {
    expect(read("yyyy-MM-dd", [date])).toEqual([`${date}T00:00:00Z`]);
  });

  it("writes any date as Date does", () => {
    const any = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
    fc.assert(
      fc.property(any, (seconds) => {
        const iso = new Date(seconds * 1000).toISOString().slice(0, 19);
        expect(read("yyyy-MM-dd'T'HH:mm:ss", [iso])).toEqual([`${iso}Z`]);
        expect(read("unix:s", [String(seconds)])).toEqual([`${iso}Z`]);
      }),
    );
  });

  it("names all that is wrong, and what was meant", () => {
    const problems = (format: string, zone: string) =>
      timestampProblems({ format, zone, ambiguous: "order" }, rules).map(({ setting, why }) => `${setting}: ${why}`);
    expect(problems("iso", "Europe/Berlin")).toEqual([]);
    expect(problems("unix:m", "europe/berlin")).toEqual([
      "format: write unix:s, unix:ms, unix:us or unix:ns",
      'zone: "europe/berlin" is not UTC, ±HH:MM or a name of the IANA time zone database 2026f: write Europe/Berlin',
    ]);
    expect(() => createClock({ format: "iso", zone: "Nowhere", ambiguous: "order" }, rules)).toThrow(RangeError);
    expect(() => createClock({ format: "iso", zone: "Europe/Berlin", ambiguous: "order" }, null)).toThrow(RangeError);
    expect(createClock({ format: "iso", zone: "+01:00", ambiguous: "order" }, null)).toBeDefined();
    expect([isNamedZone("Europe/Berlin"), isNamedZone("+01:00"), isNamedZone("UTC")]).toEqual([true, false, false]);
  });
});
