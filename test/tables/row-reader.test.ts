import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Kernel } from "../../src/pipeline/kernel.ts";
import { scanObject } from "../../src/pipeline/scan.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { BUILT_IN } from "../../src/pipeline/terms.ts";
import { TableColumns } from "../../src/tables/readings/columns.ts";
import { TableRows } from "../../src/tables/readings/row-buffer.ts";
import { RowReader } from "../../src/tables/readings/row-reader.ts";

/** What comes into buffers, of which another one is taken every other slice, row by row; and how many rows the kernel took. */
async function rowsOf(bytes: Buffer, size: number | undefined) {
  const buffers = [new TableRows()];
  const columns = new TableColumns(null);
  const reader = new RowReader(() => buffers[buffers.length - 1], columns, "b.csv");
  let [at, slices, taken] = [0, 0, 0];
  const { take } = Kernel.prototype;
  const counted = vi.spyOn(Kernel.prototype, "take").mockImplementation(function (this: Kernel, ...parameters) {
    const next = take.apply(this, parameters);
    taken += this.silver + this.anomalies;
    // Asked again behind every row.
    this.rowsWithout = 1;
    return next;
  });
  try {
    await scanObject(
      { key: "silver/b.csv", arrival: () => 0, size },
      (into) => {
        const copied = bytes.copy(into, 0, at);
        at += copied;
        return copied;
      },
      {
        ...BUILT_IN,
        settings: { ...DEFAULT_SETTINGS, chunkBytes: 4096 },
        threshold: 0.5,
        readings: { add() {}, flush() {} },
        trace: reader,
        sink: () => ({
          header: (header) => reader.header(header),
          rows() {},
          reject() {},
          drain: () => void (++slices % 2 === 0 && buffers.push(new TableRows())),
        }),
      },
    );
  } finally {
    counted.mockRestore();
  }
  const rows = buffers.flatMap((buffer) => {
    const { size: count, carried, ...all } = buffer.columns();
    return Array.from({ length: count }, (_, i) => ({
      time: [all.days[i], all.millis[i], all.nanos[i]],
      numbers: [all.values[i], all.scores[i], all.anomalies[i]],
      texts: [all.deviceTexts[all.devices[i]], all.unitTexts[all.units[i]], all.batchTexts[all.batches[i]]],
      carried: columns.carried.map((_column, c) => carried[c]?.texts[carried[c].numbers[i]] ?? null),
    }));
  });
  return { rows, taken };
}

const two = (most: number) => fc.nat(most).map((n) => String(n).padStart(2, "0"));
const time = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(two(59), two(59)).map(([m, s]) => `2025-01-01T10:${m}:${s}.25Z`) },
  fc.tuple(two(23), two(59)).map(([h, m]) => `1969-12-31 ${h}:${m}+05:30`),
  fc.constantFrom("1735689600", "1735689600123", "2025-01-01T10:30:00.123456789", '"2025-01-01T10:30Z"', "odd"),
);
const id = fc.oneof(
  fc.nat(300).map((n) => `device-${n}`),
  fc.constantFrom('"a,b"', " c", "\u{1f600}", "d".repeat(60)),
);
const unit = fc.constantFrom("C", "C", "kW", "", " C", "°C ", '"mm/s"', "l".repeat(40));
const value = fc.oneof(
  fc.integer({ min: -9999, max: 9999 }).map((n) => String(n / 100)),
  fc.constantFrom("-0", "1e3", "x"),
);
const note = fc.constantFrom("", "n", "note", '"a ""b"""', '"x\ny"');
const row = fc
  .tuple(time, note, id, value, unit, fc.constantFrom("0.1", "0.9", "1", "-0", "2"), note)
  .map((cells) => cells.join(","));

describe("rows that the kernel tells many at once", () => {
  it("come into the table as those that are read one by one", async () => {
    let all = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 400, size: "max" }),
        fc.constantFrom("\n", "\r\n"),
        async (rows, end) => {
          const header = "timestamp,note,device_id,value,unit,anomaly_score,site";
          const bytes = Buffer.from([header, ...rows, ""].join(end));
          const [one, many] = [await rowsOf(bytes, 0), await rowsOf(bytes, undefined)];
          expect(one.taken).toBe(0);
          all += many.taken;
          expect(many.rows).toEqual(one.rows);
        },
      ),
    );
    expect(all).toBeGreaterThan(1000);
  });

  it("do so of more devices than it knows", async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, i) => `2025-01-01T00:00:00Z,,d${(i * 7) % 9001},${i},C,0.1,s${i % 3}`,
    );
    const bytes = Buffer.from(["timestamp,note,device_id,value,unit,anomaly_score,site", ...rows, ""].join("\n"));
    const [one, many] = [await rowsOf(bytes, 0), await rowsOf(bytes, undefined)];
    expect(many.taken).toBe(20_000);
    expect(many.rows).toEqual(one.rows);
  });
});
