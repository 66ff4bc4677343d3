import fc from "fast-check";
import { describe, it } from "vitest";
import { expectAgreement, type Files } from "./agreeing.ts";

/** What `agreement.test.ts` holds of delimited text, of sources whose records say themselves what is where. */

const time = fc.constantFrom("2025-06-01T10:00:00Z", "2025-06-02T11:30:00.5Z", "2025-10-26T02:30:00", "never");
const score = fc.constantFrom("0.1", "0.6", "0.9", "2");
const number = fc.double({ min: -500, max: 500, noNaN: true }).map((value) => value.toFixed(2));

const document = fc
  .record({
    t: time.map((text) => JSON.stringify(text)),
    id: fc.constantFrom('"P1"', '"P 2"', '""', "7"),
    temp: fc.oneof({ weight: 6, arbitrary: number }, fc.constantFrom("null", '"warm"', "true", "[]", '"-200"')),
    flow: fc.oneof({ weight: 6, arbitrary: number }, fc.constantFrom('"n/a"', "1e200")),
    s: score,
  })
  .map(
    (members) =>
      `{${Object.entries(members)
        .map(([name, text]) => `"${name}":${text}`)
        .join(",")}}`,
  );
const documents = fc
  .array(fc.oneof({ weight: 9, arbitrary: document }, fc.constantFrom("", "{", "7", '{"t":1,"t":2}')), {
    maxLength: 10,
  })
  .map((lines) => `${lines.join("\n")}\n`);

const point = fc
  .tuple(
    fc.constantFrom("P1", "P\\ 2"),
    number,
    fc.constantFrom("", ",flow=5i", ',flow="x"', ",flow=t", ",other=1"),
    fc.integer({ min: 0, max: 2_000_000_000 }),
  )
  .map(([host, temp, more, s]) => `m,host=${host} temp=${temp}${more} ${s}`);
const points = fc
  .array(fc.oneof({ weight: 9, arbitrary: point }, fc.constantFrom("", "# said", "m,host=a", "m temp=1")), {
    maxLength: 10,
  })
  .map((lines) => lines.join("\n"));

const rules = fc.constantFrom<object[]>(
  [],
  // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
  [{ name: "cold", units: ["C"], min: 0, then: "reject" }],
  [
    // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
    { name: "warm", measures: ["flow"], max: 3, then: "anomaly" },
    // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
    { name: "low", devices: "P1*", min: -100, then: "reject" },
  ],
);
const limits = fc.constantFrom<object[]>([], [{ devices: "P1*", above: 0.7 }], [{ devices: "*", above: 0 }]);

const contracts = {
  ndjson: fc
    .record({
      ...{ rules, threshold: limits },
      missing: fc.constantFrom([], ["-200", "n/a"]),
      zone: fc.constantFrom("UTC", "+02:00", "Europe/Berlin"),
      measures: fc.constantFrom<object>(
        { temp: { unit: "C" }, flow: { unit: "l/min" } },
        { flow: { unit: "C" } },
        { temp: { as: "t", unit: "K" }, flow: { unit: "C" } },
      ),
    })
    .map(({ missing, zone, measures, ...judged }) => ({
      ...{ version: 1, name: "records", prefix: "bronze/r/", suffixes: [".ndjson"], ...judged },
      format: { type: "ndjson", missingValues: missing },
      reading: {
        ...{ timestamp: { column: "t", zone }, device_id: { template: "{id}.{measure}" } },
        ...{ value: { measures }, anomaly_score: { column: "s" } },
      },
    })),
  points: fc
    .record({
      ...{ rules, threshold: limits },
      precision: fc.constantFrom("s", "ms"),
      except: fc.constantFrom([], ["flow"], ["o*"]),
      truth: fc.constantFrom({}, { trueValues: ["t"] }),
    })
    .map(({ precision, except, truth, ...judged }) => ({
      ...{ version: 1, name: "records", prefix: "bronze/r/", suffixes: [".lp"], ...judged },
      format: { type: "influx", precision, ...truth },
      reading: {
        ...{ device_id: { template: "{host}.{measure}" }, value: { pattern: "*", except } },
        ...{ unit: { constant: "C" }, anomaly_score: { constant: 0.6 } },
      },
    })),
};
const threshold = fc.constantFrom(0.5, 0.7, 0.05);

const KINDS = {
  NDJSON: { texts: documents, contract: contracts.ndjson, suffix: ".ndjson" },
  "line protocol": { texts: points, contract: contracts.points, suffix: ".lp" },
};

describe("a plan says what apply and run --reprocess then do", () => {
  it.each(Object.entries(KINDS))("of %s", async (_, { texts, contract, suffix }) => {
    const maybe = fc.option<object, null>(contract, { nil: null, freq: 6 });
    const property = fc.asyncProperty(
      fc.tuple(texts, texts),
      fc.tuple(maybe, maybe),
      fc.tuple(threshold, threshold),
      ([a, b], proposed, thresholds) => {
        const files: Files = { [`bronze/r/a${suffix}`]: a, [`bronze/r/b${suffix}`]: b };
        return expectAgreement(files, proposed, thresholds);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  it("of a reading that another rule rejects: the row of its reject says which", async () => {
    const contract = (rule: object) => ({
      ...{ version: 1, name: "records", prefix: "bronze/r/", suffixes: [".ndjson"], rules: [rule] },
      format: { type: "ndjson" },
      reading: {
        ...{ timestamp: { column: "t", zone: "UTC" }, device_id: { column: "id" } },
        ...{ value: { measures: { temp: { unit: "C" } } }, anomaly_score: { constant: 0 } },
      },
    });
    // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
    const rejecting = (name: string, min: number) => contract({ name, min, then: "reject" });
    const files = { "bronze/r/a.ndjson": '{"t":"2025-06-01T10:00:00Z","id":"P1","temp":-100.01}\n' };
    await expectAgreement(files, [rejecting("cold", 0), rejecting("low", -100)], [0.5, 0.5]);
  });
});
