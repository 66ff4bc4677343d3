import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { hashOf, rowsOfLayers, rowsOfTable, runAll, syncContext } from "./table.ts";

/** Whatever becomes of batches, the table has the rows of silver and anomalies, each once. */

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
const step = fc.oneof(
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

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(storage: LakeStorage, one: Step): Promise<void> {
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
      await syncReadings(syncContext(storage));
  }
}

describe("the table after a history of uploads, overwrites, reprocessing and removals", () => {
  it("has the rows of silver and anomalies, each once, and another sync changes nothing", async () => {
    const history = fc.array(step, { minLength: 1, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const storage = createMemoryStorage();
        for (const one of steps) await take(storage, one);
        await syncReadings(syncContext(storage));
        const [table, layers] = [await rowsOfTable(storage), await rowsOfLayers(storage)];
        expect(table).toEqual(layers);
        expect([table.length, hashOf(table)]).toEqual([layers.length, hashOf(layers)]);
        const before = await keysOf(storage);
        const again = await syncReadings(syncContext(storage));
        expect([again.commits, again.batches, again.renewed]).toEqual([0, 0, 0]);
        expect(await keysOf(storage)).toEqual(before);
      }),
      { numRuns: 150 },
    );
  });
});
