import fc from "fast-check";
import { it } from "vitest";
import { expectAgreement } from "./agreeing.ts";

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

it("says what apply and run --reprocess then do, whatever contracts, thresholds and batches there are", async () => {
  const property = fc.asyncProperty(
    fc.tuple(office, office, plain),
    fc.tuple(contract, contract),
    fc.tuple(threshold, threshold),
    (texts, contracts, thresholds) =>
      expectAgreement(Object.fromEntries(KEYS.map((key, i) => [key, texts[i]])), contracts, thresholds),
  );
  await fc.assert(property, { numRuns: 150 });
}, 120_000);
