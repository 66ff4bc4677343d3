import fc from "fast-check";
import { expect, it } from "vitest";
import { type ReadableContract, readableContract } from "../../src/contracts/readable.ts";
import { run } from "../../src/engine/run.ts";
import { GOLD, outputKeys } from "../../src/ledger/layers.ts";
import { contractKey } from "../../src/ledger/sources.ts";
import type { PipelineSettings } from "../../src/pipeline/settings.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import { FATES, fateOf } from "../../src/preview/fates.ts";
import { type LakePreview, previewLake } from "../../src/preview/preview.ts";
import { summarizePreview } from "../../src/preview/summary.ts";
import { readGold } from "../../src/report/gold.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, keysOf, put, textOf } from "../pipeline/lake.ts";

/** A plan says what reprocessing then does, to the row and the digit. */

const KEYS = ["bronze/office/a.csv", "bronze/office/b.csv", "bronze/other/c.csv"];

const cell = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.double({ min: -500, max: 500, noNaN: true }).map((value) => value.toFixed(2).replace(".", ",")),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "-200", "n/a", "1.234,5", "warm", "12.3") },
);
const officeRow = fc
  .tuple(
    fc.constantFrom("01.06.2025 10:00", "02.06.2025 11:30", "26.10.2025 02:30", "30.03.2025 02:30", "never"),
    fc.constantFrom("P1", "P 2", ""),
    cell,
    cell,
    fc.constantFrom("0,1", "0,6", "0,9", "x"),
  )
  .map((cells) => cells.join(";"));
const office = fc
  .array(
    fc.oneof({ weight: 9, arbitrary: officeRow }, { weight: 1, arbitrary: fc.constantFrom(";;;;", "short;row", "") }),
    {
      maxLength: 12,
    },
  )
  .map((rows) => `Time;Pump;Temp;Flow;Score\n${rows.join("\n")}\n`);
const plain = fc
  .array(
    fc
      .tuple(fc.constantFrom("A", "B"), fc.integer({ min: -9, max: 99 }), fc.constantFrom("0.1", "0.6", "0.9", "2"))
      .map(([id, value, score]) => `2025-01-01T00:00:00Z,${id},${value},C,${score}`),
    { maxLength: 8 },
  )
  .map((rows) => `timestamp,device_id,value,unit,anomaly_score\n${rows.join("\n")}\n`);

const rule = fc.record(
  {
    units: fc.constantFrom(["C"], ["l/min"], ["x"]),
    devices: fc.constantFrom("P1*", "*.flow", "?"),
    min: fc.integer({ min: -300, max: 0 }),
    max: fc.integer({ min: 1, max: 300 }),
    // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
    then: fc.constantFrom("reject", "anomaly"),
  },
  { requiredKeys: ["max", "then"] },
);
const shared = {
  rules: fc.array(rule, { maxLength: 2 }).map((rules) => rules.map((one, i) => ({ name: `rule ${i}`, ...one }))),
  threshold: fc.constantFrom([], [{ devices: "P1*", above: 0.7 }], [{ devices: "*", above: 0 }]),
};
const officeContract = fc
  .record({
    ...shared,
    missing: fc.constantFrom([""], ["", "-200"], ["", "n/a", "-200"]),
    zone: fc.constantFrom("UTC", "+02:00", "Europe/Berlin"),
    measures: fc.constantFrom<Record<string, object>>(
      { Temp: { unit: "C" }, Flow: { as: "flow", unit: "l/min" } },
      { Flow: { as: "flow", unit: "l/min" } },
      { Tmp: { unit: "C" } },
    ),
    groupChar: fc.constantFrom("", "."),
  })
  .map(({ rules, threshold, missing, zone, measures, groupChar }) => ({
    ...{ version: 1, name: "office", prefix: "bronze/office/", rules, threshold },
    format: { type: "csv", delimiter: ";", decimalChar: ",", groupChar, missingValues: missing },
    reading: {
      timestamp: { column: "Time", format: "dd.MM.yyyy HH:mm", zone },
      device_id: { template: "{Pump}.{measure}" },
      value: { measures },
      anomaly_score: { column: "Score" },
    },
  }));
const plainContract = fc
  .record(shared)
  .map((rules) => ({ version: 1, name: "office", prefix: "bronze/office/", format: { type: "csv" }, ...rules }));
const contract = fc.oneof(
  { weight: 5, arbitrary: officeContract },
  { weight: 1, arbitrary: plainContract },
  { weight: 1, arbitrary: fc.constant(null) },
);
const threshold = fc.constantFrom(0.5, 0.7, 0.05);

/** Readings by state on one side of a plan. */
function statesOf({ batches }: LakePreview, side: "before" | "after"): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { matching, [side]: outcome } of batches) {
    if (outcome === null || outcome.refused !== null) continue;
    matching.pairs.forEach((readings, pair) => {
      const { name, reason = "" } = fateOf(side === "before" ? Math.floor(pair / FATES) : pair % FATES);
      const key = `${name} ${reason}`.trim();
      if (readings > 0 && name !== "none" && name !== "absent") counts[key] = (counts[key] ?? 0) + readings;
    });
  }
  return counts;
}

/** The same of what lies in a lake. */
async function laidOut(storage: LakeStorage, keys: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const add = (name: string, count: number) => {
    if (count > 0) counts[name] = (counts[name] ?? 0) + count;
  };
  for (const key of keys) {
    const { silver, anomalies, rejects } = outputKeys(key);
    const rows = async (one: string) => ((await textOf(storage, one)) ?? "\n").trimEnd().split("\n").slice(1);
    add("silver", (await rows(silver)).length);
    add("anomalies", (await rows(anomalies)).length);
    for (const row of await rows(rejects)) add(`rejects ${row.split(",")[3]}`, 1);
  }
  return counts;
}

async function reprocessed(files: readonly string[], settings: PipelineSettings, one: ReadableContract | null) {
  const context = createLake(settings);
  if (one !== null) await put(context.storage, contractKey("office"), one.text);
  for (const [i, text] of files.entries()) await put(context.storage, KEYS[i], text);
  await run(context, { concurrency: 2, reprocess: "" });
  return context.storage;
}

it("says what apply and run --reprocess then do, whatever contracts, thresholds and batches there are", async () => {
  const property = fc.asyncProperty(
    fc.tuple(office, office, plain),
    fc.tuple(contract, contract),
    fc.tuple(threshold, threshold),
    async (files, [a, b], [low, high]) => {
      const readable = async (one: object | null) =>
        one === null ? null : readableContract(JSON.stringify(one), "office.json");
      const [inForce, proposed] = [await readable(a), (await readable(b)) ?? (await readable(a))];
      const [before, after] = [low, high].map((anomalyThreshold) => ({ ...DEFAULT_SETTINGS, anomalyThreshold }));
      const storage = await reprocessed(files, before, inForce);
      const seen = await keysOf(storage);
      const preview = await previewLake({
        ...{ storage, before, after, limit: 5, concurrency: 2 },
        proposed: proposed === null ? [] : [proposed],
      });
      expect(await keysOf(storage)).toEqual(seen);
      const read = preview.batches.map(({ object }) => object.key);
      expect(statesOf(preview, "before")).toEqual(await laidOut(storage, read));
      const then = await reprocessed(files, after, proposed);
      expect(statesOf(preview, "after")).toEqual(await laidOut(then, read));
      // What the plan did not read is the same on both sides.
      for (const key of KEYS.filter((one) => !read.includes(one)).flatMap((one) => Object.values(outputKeys(one)))) {
        expect(await textOf(then, key)).toBe(await textOf(storage, key));
      }
      const { devices, again } = await summarizePreview(storage, preview, 5);
      const whole = await Promise.all([readGold(storage, {}), readGold(then, {})]);
      for (const { device_id, before: x, after: y } of devices) {
        const [p, q] = whole.map((report) => report.devices.find((one) => one.device_id === device_id));
        expect([x?.readings, x?.average, x?.anomalies]).toEqual([p?.total_readings, p?.avg_value, p?.anomaly_count]);
        expect([y?.readings, y?.minimum, y?.maximum]).toEqual([q?.total_readings, q?.min_value, q?.max_value]);
      }
      for (const key of read) {
        const { silver, anomalies, rejects } = outputKeys(key);
        const texts = await Promise.all(
          [silver, anomalies, rejects].map(async (one) => [await textOf(storage, one), await textOf(then, one)]),
        );
        const isOther = texts.some(([x, y]) => x !== y);
        if (isOther) expect([key, again.includes(key)]).toEqual([key, true]);
      }
      expect((await keysOf(then, GOLD)).length).toBeLessThanOrEqual(KEYS.length);
    },
  );
  await fc.assert(property, { numRuns: 150 });
}, 120_000);
