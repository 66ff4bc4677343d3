import { expect, it } from "vitest";
import { DelimitedRows } from "../../src/contracts/delimited-rows.ts";
import { createClock } from "../../src/contracts/fields/clock.ts";
import type { ColumnPlan } from "../../src/contracts/fields/columns.ts";
import { DelimitedFrame } from "../../src/contracts/frames/delimited.ts";
import type { Arena } from "../../src/pipeline/arena.ts";
import { DeviceTable } from "../../src/pipeline/devices.ts";
import { scanObject } from "../../src/pipeline/scan.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import type { RowSink } from "../../src/pipeline/sinks.ts";

const PLAN: ColumnPlan = {
  columns: 3,
  timestamp: [0],
  measures: [{ column: 2, id: [1], unit: Buffer.from("C") }],
  score: Buffer.from("0"),
  carry: [],
  keep: null,
  missing: new Set(),
  numbers: { decimalChar: 46, groupChar: Buffer.alloc(0) },
};
const DIALECT = { delimiter: 44, headerRows: [1], unitsRow: 0, commentRows: [], commentChar: 0 };

it("a timestamp keeps all digits of its fraction, however many there are", async () => {
  const digits = "123456789".repeat(30);
  const text = Buffer.from(`time,device,value\n1772323200,A,1\n1772323200.${digits},A,2\n`);
  let at = 0;
  const pull = (into: Uint8Array) => {
    const copied = text.copy(into, 0, at);
    at += copied;
    return copied;
  };
  const clock = createClock({ format: "unix:s", zone: "UTC", ambiguous: "order" }, null);
  const rows: string[] = [];
  const sink = (arena: Arena): RowSink => ({
    header() {},
    rows: (_, from, to) => void rows.push(arena.b.toString("latin1", from, to)),
    reject() {},
    drain() {},
  });
  await scanObject("bronze/b.csv", pull, {
    ...{ settings: DEFAULT_SETTINGS, threshold: 0.5, readings: new DeviceTable(), sink },
    openRows: (key, bytes, arena) => {
      const frame = new DelimitedFrame(key, bytes, DIALECT, 1024);
      const writeTime = clock.write.bind(clock);
      return new DelimitedRows({ frame, arena, plan: () => PLAN, writeTime, digest: () => "" });
    },
  });
  expect(rows.join("")).toBe(`2026-03-01T00:00:00Z,A,1,C,0\n2026-03-01T00:00:00.${digits}Z,A,2,C,0\n`);
});
