import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { viewOf } from "../../src/pipeline/devices.ts";
import { epochMicros, epochMillis } from "../../src/pipeline/timestamp.ts";
import { dayOf } from "../../src/tables/days/day.ts";
import { orderOf } from "../../src/tables/readings/order.ts";
import { TableRows } from "../../src/tables/readings/row-buffer.ts";
import { Texts } from "../../src/tables/readings/texts.ts";
import { Times } from "../../src/tables/readings/times.ts";

const two = (n: number) => String(n).padStart(2, "0");
const within = (max: number) => fc.integer({ min: 0, max });

/** Most of the same minute, as readings are. */
const TIMESTAMP = fc
  .tuple(
    fc.oneof(fc.constant(2025), within(9999)),
    fc.oneof(fc.constant("12-27"), fc.constantFrom("01-01", "02-28", "12-31")),
    fc.constantFrom("T", " "),
    fc.oneof(
      fc.constant("10:30"),
      fc.tuple(within(23), within(59)).map(([h, m]) => `${two(h)}:${two(m)}`),
    ),
    fc.option(within(59)),
    fc.option(fc.stringMatching(/^\d{1,12}$/)),
    fc.constantFrom("", "Z", "Z", "+02", "-0530", "+00:00", "+14:00"),
  )
  .map(([year, day, letter, minute, second, fraction, zone]) => {
    const seconds = second === null ? "" : `:${two(second)}${fraction === null ? "" : `.${fraction}`}`;
    return `${String(year).padStart(4, "0")}-${day}${letter}${minute}${seconds}${zone}`;
  });

describe("the times of a table", () => {
  it("are those that the pipeline reads, whatever was read before", () => {
    fc.assert(
      fc.property(fc.array(TIMESTAMP, { minLength: 1, maxLength: 20 }), (texts) => {
        const times = new Times();
        for (const text of texts) {
          const b = Buffer.from(`,${text},`);
          times.read(viewOf(b), b, 1, b.length - 1);
          const millis = epochMillis(b, 1, b.length - 1);
          expect([text, times.millis, times.day]).toEqual([text, millis, dayOf(millis)]);
          const micros = epochMicros(b, 1, b.length - 1)!;
          expect([text, Math.trunc(times.nanos / 1000)]).toEqual([text, Number(micros - BigInt(millis) * 1000n)]);
        }
      }),
    );
  });
});

/** Devices of ids that sort otherwise by UTF-16. */
const idOf = (device: number) => `${device % 3 === 0 ? "\u{1f600}" : "\uffee"}-${device}`;

type Row = readonly [day: number, device: number, millis: number, nanos: number];

function bufferOf(rows: readonly Row[]): TableRows {
  const buffer = new TableRows();
  for (const [day, device, millis, nanos] of rows) {
    const i = buffer.next();
    buffer.days[i] = day;
    buffer.devices[i] = buffer.deviceTexts.numberOfText(idOf(device));
    buffer.millis[i] = millis;
    buffer.nanos[i] = nanos;
  }
  return buffer;
}

function expectSorted(rows: readonly Row[]): void {
  const { places, days } = orderOf(bufferOf(rows).columns());
  const compare = ([a, b]: [Row, Row]) =>
    a[0] - b[0] || Buffer.compare(Buffer.from(idOf(a[1])), Buffer.from(idOf(b[1]))) || a[2] - b[2] || a[3] - b[3];
  const expected = rows.map((_, i) => i).sort((i, j) => compare([rows[i], rows[j]]) || i - j);
  const order: number[] = [];
  for (const [row, place] of places.entries()) order[place] = row;
  expect(order).toEqual(expected);
  const counts = new Map<number, number>();
  for (const row of expected) counts.set(rows[row][0], (counts.get(rows[row][0]) ?? 0) + 1);
  expect(days.map(({ day, rows: count }) => [day, count])).toEqual([...counts]);
}

describe("the rows of a buffer", () => {
  it("are sorted by day, device and time, and stay as they came where all is the same", () => {
    const row = fc.tuple(fc.integer({ min: -2, max: 3 }), within(5), within(20), within(1));
    fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 300 }), expectSorted));
  });

  it("are sorted of more days and devices than can be counted, too", () => {
    const rows = Array.from({ length: 3000 }, (_, i): Row => [(i * 7919) % 1500, (i * 31) % 1400, i % 17, 0]);
    expectSorted([...rows, ...rows]);
  });
});

describe("texts by number", () => {
  it("have the same number wherever they stand, and are what they were", () => {
    const text = fc.oneof(fc.constantFrom("", "kW", "°C", "abc", "abcd"), fc.string({ unit: "binary", maxLength: 30 }));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 400 }), (all) => {
        const texts = new Texts();
        const clean = all.map((one) => Buffer.from(one).toString());
        const distinct = [...new Set(clean)];
        for (const one of clean) {
          const b = Buffer.from(`${one},`);
          expect(texts.numberOf(viewOf(b), b, 0, b.length - 1)).toBe(distinct.indexOf(one));
          expect(texts.numberOfText(one)).toBe(distinct.indexOf(one));
        }
        expect(texts.values).toEqual(distinct);
      }),
    );
  });
});
