import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMicros, epochMillis, isTimestamp } from "../../src/pipeline/timestamp.ts";

/** Bytes that end where the text does: nothing stands behind it. */
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const micros = (text: string) => epochMicros(bytesOf(text), 0, text.length);
const millis = (text: string) => epochMillis(bytesOf(text), 0, text.length);

const pad = (n: number, width = 2) => String(n).padStart(width, "0");
const often = (values: readonly number[], max: number, min = 0) =>
  fc.oneof(fc.constantFrom(...values), fc.integer({ min, max }));

const YEARS = [
  ...[0, 1, 3, 4, 99, 100, 400, 1582, 1600, 1684, 1685, 1700, 1899, 1900, 1901, 1967, 1968, 1969, 1970, 1971, 1972],
  ...[1999, 2000, 2001, 2016, 2023, 2024, 2025, 2037, 2038, 2100, 2254, 2255, 2256, 2400, 9996, 9999],
];
/** Of every month, days that it does not have among them. */
const date = fc
  .tuple(often(YEARS, 9999), often([1, 2, 3, 12], 12, 1), often([1, 28, 29, 30, 31], 31, 1))
  .map(([year, month, day]) => `${pad(year, 4)}-${pad(month)}-${pad(day)}`);
const minute = fc.tuple(often([0, 23], 23), often([0, 59], 59)).map(([h, m]) => `${pad(h)}:${pad(m)}`);
const digit = fc.constantFrom(..."0123456789");
const fraction = fc.oneof(
  fc.constantFrom("0", "9", "5", "999", "0005", "9995", "999999", "9999995", "999999999", "0000001", "000000999"),
  fc.string({ unit: digit, minLength: 1, maxLength: 20 }),
);
/** 60 is a leap second, which the contract does not have. */
const second = fc
  .tuple(often([0, 59, 60], 59), fc.option(fraction, { nil: null }))
  .map(([s, digits]) => (digits === null ? pad(s) : `${pad(s)}.${digits}`));
const zone = fc.oneof(
  fc.constantFrom("", "Z"),
  fc
    .tuple(fc.constantFrom("+", "-"), often([0, 1, 14, 23], 23), often([0, 30, 45, 59], 59), fc.nat(2))
    .map(([sign, h, m, form]) => `${sign}${pad(h)}${["", pad(m), `:${pad(m)}`][form]}`),
);
const parts = fc.tuple(date, fc.constantFrom("T", " "), minute, fc.option(second, { nil: null }), zone);
type Parts = readonly [date: string, between: string, minute: string, second: string | null, zone: string];
const textOf = ([day, between, hour, rest, offset]: Parts) =>
  `${day}${between}${hour}${rest === null ? "" : `:${rest}`}${offset}`;
const dateTime = parts.map(textOf);
const epoch = fc.oneof(
  fc.string({ unit: digit, minLength: 10, maxLength: 10 }),
  fc.string({ unit: digit, minLength: 13, maxLength: 13 }),
);

/** What DuckDB says of each, in microseconds since the epoch; null for what is none to it. `sql` reads the text `t`. */
async function judge(texts: readonly string[], sql: string): Promise<unknown[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run("CREATE TABLE asked (i INTEGER, t VARCHAR)");
    const appender = await connection.createAppender("asked");
    for (const [i, text] of texts.entries()) {
      appender.appendInteger(i);
      appender.appendVarchar(text);
      appender.endRow();
    }
    appender.closeSync();
    const result = await connection.runAndReadAll(`SELECT ${sql} FROM asked ORDER BY i`);
    return result.getRows().map(([instant]) => instant);
  } finally {
    connection.closeSync();
  }
}

describe("the instant of a timestamp", () => {
  it("is the one that DuckDB finds, to the microsecond, and there is none where it finds none", async () => {
    const asked = fc.sample(parts, 50_000);
    // It reads no offset behind minutes alone: there it is given the seconds that the contract takes for granted.
    const whole = asked.map(([day, between, hour, rest, offset]) => textOf([day, between, hour, rest ?? "00", offset]));
    const said = await judge(whole, "epoch_us(try_cast(t AS TIMESTAMPTZ))");
    const texts = asked.map(textOf);
    const differing = texts.flatMap((text, i) => (micros(text) === said[i] ? [] : [{ text, duckdb: said[i] }]));
    expect(differing).toEqual([]);
    expect(said.filter((instant) => instant === null).length).toBeGreaterThan(100);
    expect(said.filter((instant) => typeof instant === "bigint" && instant < 0n).length).toBeGreaterThan(10_000);
  });

  it("is that of an epoch of 10 digits in seconds, of 13 in milliseconds", async () => {
    const texts = [...fc.sample(epoch, 5000), ...["0000000000", "9999999999", "0000000000000", "9999999999999"]];
    const instant = "if(length(t) = 10, to_timestamp(t::BIGINT), epoch_ms(t::BIGINT)::TIMESTAMPTZ)";
    expect(texts.map(micros)).toEqual(await judge(texts, `epoch_us(${instant})`));
  });

  it("is cut to the millisecond and the microsecond, never rounded, before 1970 too", () => {
    expect(millis("2024-01-01T10:00:00.9996Z")).toBe(Date.UTC(2024, 0, 1, 10, 0, 0, 999));
    expect(micros("2024-01-01T10:00:00.9999996Z")).toBe(BigInt(Date.UTC(2024, 0, 1, 10, 0, 1)) * 1000n - 1n);
    expect(millis("1969-12-31T23:59:59.9999Z")).toBe(-1);
    expect(micros("1969-12-31 23:59:59.9999999")).toBe(-1n);
    fc.assert(
      fc.property(dateTime, (text) => {
        const exact = micros(text);
        const cut = exact === null ? Number.NaN : Number((exact - (((exact % 1000n) + 1000n) % 1000n)) / 1000n);
        expect(millis(text)).toBe(cut);
      }),
    );
  });

  it("is exact from the first to the last of the calendar, and beyond them by an offset", () => {
    expect(micros("0001-01-01T00:00")).toBe(-62_135_596_800_000_000n);
    expect(micros("9999-12-31T23:59:59.999999999Z")).toBe(253_402_300_799_999_999n);
    expect(micros("9999-12-31T23:59:59.999999-23:59")).toBe(253_402_387_139_999_999n);
    expect(micros("0000-01-01T00:00:00.000001+23:59")).toBe(-62_167_305_539_999_999n);
  });

  it("is of each text that is accepted, and of no other", () => {
    const near = fc
      .tuple(fc.oneof(dateTime, epoch), fc.nat(40), fc.constantFrom(..."0123456789:-+.ZT, "), fc.nat(2))
      .map(
        ([text, at, other, how]) => text.slice(0, at) + ["", other, other][how] + text.slice(at + (how === 2 ? 0 : 1)),
      );
    fc.assert(
      fc.property(fc.oneof(near, dateTime, epoch), (text) => {
        const accepted = isTimestamp(bytesOf(text), 0, text.length);
        expect(Number.isSafeInteger(millis(text))).toBe(accepted);
        expect(micros(text) !== null).toBe(accepted);
      }),
      { numRuns: 5000 },
    );
  });

  it("is the same wherever it stands: in a row, in quotes, at the end of the bytes", () => {
    const around = fc.constantFrom(["", ""], ["", ",.5:30+02Z"], ['"', '",1'], ["1,7:", " ,2024-"], ["a\n", "\r\n.9"]);
    fc.assert(
      fc.property(fc.oneof(dateTime, epoch), around, (text, [before, behind]) => {
        const row = bytesOf(before + text + behind);
        const to = before.length + text.length;
        expect(isTimestamp(row, before.length, to)).toBe(isTimestamp(bytesOf(`${text},`), 0, text.length));
        expect(epochMicros(row, before.length, to)).toBe(micros(text));
      }),
      { numRuns: 2000 },
    );
  });
});
