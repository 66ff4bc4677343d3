import fc from "fast-check";
import { csv } from "./random-csv.ts";
import { type RandomSource, row, type ToldRecord, time } from "./random-source.ts";

/** One document a line, with numbers as they are written there. */
const ndjson: fc.Arbitrary<RandomSource> = fc
  .array(
    fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .tuple(
            time,
            fc.constantFrom("A", "Ä 1", 'q"q'),
            fc.oneof(
              { weight: 5, arbitrary: fc.stringMatching(/^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?(e[0-9])?$/) },
              { weight: 1, arbitrary: fc.constantFrom("null", '"warm"', "true", "[1]", "{}", '"7.50"') },
            ),
          )
          .map(([at, id, value]): ToldRecord => {
            const text = `{"t": ${JSON.stringify(at)},"x":{"y":[1]}, "id":${JSON.stringify(id)},"v":${value}}`;
            if (value === "null" || value === "true") return { text, readings: ["absent"] };
            const written = value.replaceAll('"', "");
            if (!/^[-\d]/.test(written)) return { text, readings: [{ reason: "value_invalid" }] };
            return { text, readings: [{ row: row(at, id, written, "°C", "0") }] };
          }),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom<ToldRecord>(
          { text: '{"t":', readings: [{ reason: "json_invalid" }] },
          { text: "7", readings: [{ reason: "record_missing" }] },
          { text: '{"t":"2025-01-01T00:00:00Z","id":"A","v":1,"v":2}', readings: [{ reason: "key_twice" }] },
          { text: "  ", readings: [] },
        ),
      },
    ),
    { maxLength: 25 },
  )
  .map((records) => ({
    contract: {
      format: { type: "ndjson" },
      reading: {
        ...{
          timestamp: { column: "t" },
          device_id: { column: "id" },
          value: { column: "v" },
          unit: { constant: "°C" },
        },
      },
    },
    ...{ records, front: "", between: "\n", behind: "\n" },
  }));

/** Points with two fields. */
const points: fc.Arbitrary<RandomSource> = fc
  .array(
    fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .tuple(
            fc.bigInt({ min: 0n, max: 10n ** 18n }),
            fc.constantFrom(["a", "a"], ["b\\ c", "b c"], ["d\\,e", "d,e"]),
            fc.stringMatching(/^-?[0-9]{1,25}(\.[0-9]{1,20})?$/),
            fc.stringMatching(/^-?[0-9]{1,25}i$/),
          )
          .map(([ns, [written, host], a, b]): ToldRecord => {
            const seconds = new Date(Number(ns / 10n ** 9n) * 1000).toISOString().slice(0, 19);
            const at = `${seconds}.${String(ns % 10n ** 9n).padStart(9, "0")}Z`;
            const of = (measure: string, value: string) => ({ row: row(at, `${host}.${measure}`, value, "°C", "0") });
            return { text: `m,host=${written} a=${a},b=${b} ${ns}`, readings: [of("a", a), of("b", b.slice(0, -1))] };
          }),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom<ToldRecord>(
          { text: "no point", readings: [{ reason: "line_invalid" }] },
          { text: "m,host=a a=1,a=2 1", readings: [{ reason: "key_twice" }] },
          { text: "# a comment, with a=1 1", readings: [] },
          { text: "", readings: [] },
        ),
      },
    ),
    { maxLength: 25 },
  )
  .map((records) => ({
    contract: {
      format: { type: "influx" },
      reading: { device_id: { template: "{host}.{measure}" }, value: { pattern: "*" }, unit: { constant: "°C" } },
    },
    ...{ records, front: "", between: "\n", behind: "\n" },
  }));

/** One pack, its records on lines of their own. */
const packs: fc.Arbitrary<RandomSource> = fc
  .array(
    fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .tuple(
            fc.integer({ min: 0, max: 59 }),
            fc.constantFrom("t", "h-1"),
            fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?$/),
          )
          .map(([s, n, v]): ToldRecord => {
            const at = `2025-01-01T00:00:${String(s).padStart(2, "0")}Z`;
            return {
              text: `{"n":"${n}","t":${s},"v":${v}}`,
              readings: [{ row: row(at, `urn:x:${n}`, v, "Cel", "0") }],
            };
          }),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom<ToldRecord>(
          { text: '{"n":"!","v":1}', readings: [{ reason: "senml_invalid" }] },
          { text: '{"n":"t","vs":"on"}', readings: ["absent"] },
        ),
      },
    ),
    { maxLength: 25 },
  )
  .map((records) => ({
    contract: { format: { type: "senml" } },
    records: [{ text: '{"bn":"urn:x:","bt":1735689600,"bu":"Cel"}', readings: ["absent"] as const }, ...records],
    ...{ front: "[", between: ",\n", behind: "]" },
  }));

export const SOURCES = { csv, ndjson, points, packs };
