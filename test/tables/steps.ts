import fc from "fast-check";
import type { LakeStorage } from "../../src/storage/port.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { runAll, syncContext } from "./table.ts";

/** What somebody may do with a lake and its table, at random. */

const TIMES = [
  ...[
    "2025-01-01T00:00:00Z",
    "2025-01-01T23:59:59.9996Z",
    "2025-01-02 00:00:00.123456789",
    "2025-01-02T00:30:00+01:00",
  ],
  ...["1969-12-31T23:59:59.9999Z", "0001-01-01T00:00Z", "1735689600", "1735689600123", "0000-06-01T00:00:00Z"],
];
const reading = fc.record({
  time: fc.constantFrom(...TIMES),
  device: fc.constantFrom("A", "B", "é", " padded ", '"quo""ted"', "\u{1f600}", "\uffee"),
  value: fc.constantFrom("1.5", "-0", "1e3", "0.1", "123456789012345.678", "-2.50"),
  unit: fc.constantFrom("C", "", "°F", '"a,b"'),
  score: fc.constantFrom("0", "0.1", "0.5", "0.9", "1"),
  more: fc.constantFrom("", "x", '"two\nlines"'),
});
const HEADERS = ["", ",note", ",Value", ",date", ",a b"];

type Reading = typeof reading extends fc.Arbitrary<infer R> ? R : never;

function csvOf(readings: readonly Reading[], more: string): string {
  const lines = readings.map((one) => {
    const own = [one.time, one.device, one.value, one.unit, one.score].join(",");
    return more === "" ? own : `${own},${one.more}`;
  });
  return `timestamp,device_id,value,unit,anomaly_score${more}\n${lines.join("\n")}\n`;
}

const path = fc.constantFrom("a.csv", "b.csv", "a.csv-1.csv", "y=1/c.csv", "d.CSV");
const csv = fc
  .tuple(fc.array(reading, { maxLength: 12 }), fc.constantFrom(...HEADERS))
  .map(([readings, more]) => csvOf(readings, more));

/** What somebody may do with a lake, its words for a failing test's report. */
export const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant("upload" as const), path, csv }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("junk" as const), path }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("reprocess" as const), threshold: fc.constantFrom(0.05, 0.5, 0.95) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("remove" as const), path }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("by hand" as const), path, csv }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("lose receipts" as const), path }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("sync" as const) }) },
);

export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export async function take(storage: LakeStorage, one: Step, now?: () => number): Promise<void> {
  switch (one.does) {
    case "upload":
      await put(storage, `bronze/${one.path}`, one.csv);
      return runAll(storage);
    case "junk":
      await put(storage, `bronze/${one.path}`, "no header\n");
      return runAll(storage);
    case "reprocess":
      return runAll(storage, one.threshold, "");
    case "remove":
      for (const layer of ["bronze", "silver", "anomalies", "gold"]) await storage.remove(`${layer}/${one.path}`);
      return;
    case "by hand": {
      const isFree =
        (await storage.head(`bronze/${one.path}`)) === null && (await storage.head(`anomalies/${one.path}`)) === null;
      if (isFree) await put(storage, `silver/by-hand/${one.path}`, one.csv);
      return;
    }
    case "lose receipts":
      for (const key of await keysOf(storage, `receipts/vantageflow-tables/${one.path}`)) await storage.remove(key);
      return;
    case "sync":
      await syncReadings({ ...syncContext(storage), ...(now === undefined ? {} : { now }) });
  }
}
