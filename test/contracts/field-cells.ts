import { at, csv, type FieldCase, plain, reading, timed } from "./field-kit.ts";

const german = {
  format: { type: "csv", delimiter: ";", decimalChar: ",", groupChar: "." },
  reading: {
    ...{ timestamp: { column: "time" }, device_id: { template: "{id}.{measure}" }, unit: { constant: "C" } },
    value: { measures: { a: {}, b: {} } },
  },
};
const points = {
  format: { type: "influx" },
  reading: { device_id: { template: "{host}.{measure}" }, value: { pattern: "*" }, unit: { constant: "C" } },
};
const bools = { trueValues: ["true"], falseValues: ["false"] };
const json = (format: object) => ({ format: { type: "ndjson", ...format }, reading });

const numbers = Array.from({ length: 25_000 }, (_, i) => `${at(i % 60)},A,${i}.5`);

/** What single cells are taken for. */
export const CELLS: readonly FieldCase[] = [
  {
    promise: "a word behind 25,000 numbers is one reject, and no number becomes a text",
    contract: plain,
    source: csv(...numbers, `${at(1)},A,unavailable`, `${at(2)},A,7`),
    readings: [...numbers, `${at(2)},A,7`],
    rejects: [[25_002, "value_invalid", `${at(1)},A,unavailable`]],
  },
  {
    promise: "the same word, where the contract says that it is no value, is absent",
    contract: { ...plain, format: { type: "csv", missingValues: ["unavailable"] } },
    source: csv(`${at(0)},A,1`, `${at(1)},A,unavailable`, `${at(2)},A,3`),
    readings: [`${at(0)},A,1`, `${at(2)},A,3`],
    absent: 1,
  },
  {
    promise: "thousands stand in groups of three; what does not is a reject, and the cell beside it is none",
    contract: german,
    source: `time;id;a;b\n${[
      "1.234,5;1",
      "12.34,5;2",
      "1,234.5;3",
      "192.168.1.10;4",
      "1.2.3;5",
      "1.234.567;6",
      "1234.567;7",
    ]
      .map((cells, i) => `${at(i)};P;${cells}`)
      .join("\n")}\n`,
    readings: [
      ...[`${at(0)},P.a,1234.5`, `${at(0)},P.b,1`, `${at(1)},P.b,2`, `${at(2)},P.b,3`, `${at(3)},P.b,4`],
      ...[`${at(4)},P.b,5`, `${at(5)},P.a,1234567`, `${at(5)},P.b,6`, `${at(6)},P.b,7`],
    ],
    rejects: [
      [3, "value_invalid", `${at(1)};P;12.34,5;2`],
      [4, "value_invalid", `${at(2)};P;1,234.5;3`],
      [5, "value_invalid", `${at(3)};P;192.168.1.10;4`],
      [6, "value_invalid", `${at(4)};P;1.2.3;5`],
      [8, "value_invalid", `${at(6)};P;1234.567;7`],
    ],
  },
  {
    promise: "an address in a column that is no value stays as it is",
    contract: { ...german, reading: { ...german.reading, value: { measures: { a: {} } } } },
    source: `time;id;a\n${at(0)};192.168.1.10;1.000,25\n`,
    readings: [`${at(0)},192.168.1.10.a,1000.25`],
  },
  {
    promise: "nanoseconds and finer are kept to the last digit, whatever the format of the time",
    contract: plain,
    source: csv("2025-01-01T00:00:00.123456789Z,A,1", "2025-01-01T00:00:00.123456789012345Z,A,2"),
    readings: ["2025-01-01T00:00:00.123456789Z,A,1", "2025-01-01T00:00:00.123456789012345Z,A,2"],
  },
  {
    promise: "times that count in nanoseconds keep each of them",
    contract: timed("unix:ns"),
    source: csv("1735689600000000001,A,1", "1735689600999999999,A,2", "-1,A,3"),
    readings: [
      "2025-01-01T00:00:00.000000001Z,A,1",
      "2025-01-01T00:00:00.999999999Z,A,2",
      "1969-12-31T23:59:59.999999999Z,A,3",
    ],
  },
  {
    promise: "local times with a fraction of nine digits lose none on their way to UTC",
    contract: timed("yyyy-MM-dd HH:mm:ss.S", "+05:30"),
    source: csv("2025-01-01 05:30:00.000000001,A,1"),
    readings: ["2025-01-01T00:00:00.000000001Z,A,1"],
  },
  {
    promise: "integers beyond 2^53 keep their digits in CSV",
    contract: plain,
    source: csv(`${at(0)},A,9007199254740993`, `${at(1)},A,-9223372036854775809`),
    readings: [`${at(0)},A,9007199254740993`, `${at(1)},A,-9223372036854775809`],
  },
  {
    promise: "integers beyond 2^53 and zeros behind the point keep their digits in JSON",
    contract: json({}),
    source: `{"time":"${at(0)}","id":"A","value":9007199254740993}\n{"time":"${at(1)}","id":"A","value":0.10}\n`,
    readings: [`${at(0)},A,9007199254740993`, `${at(1)},A,0.10`],
  },
  {
    promise: "negative integers, second lines and nanoseconds of line protocol are all read",
    contract: points,
    source: `m,host=a v=-5i 1735689600000000001\nm,host=a v=9007199254740993i,w=-0.5 1735689600000000002\nno point\nm,host=b v=3u 1735689601000000000\n`,
    readings: [
      "2025-01-01T00:00:00.000000001Z,a.v,-5",
      "2025-01-01T00:00:00.000000002Z,a.v,9007199254740993",
      "2025-01-01T00:00:00.000000002Z,a.w,-0.5",
      "2025-01-01T00:00:01.000000000Z,b.v,3",
    ],
    rejects: [[3, "line_invalid", "no point"]],
  },
  {
    promise: "a SenML pack with two devices gives each its own readings, base sums and units",
    contract: { format: { type: "senml" } },
    source: `[{"bn":"urn:a:","bt":1735689600,"bu":"Cel","bv":20,"n":"t","v":0.10},{"n":"t","t":1,"v":0.2},{"bn":"urn:b:","bv":0,"n":"h","u":"%RH","v":9007199254740993}]`,
    readings: [`${at(0)},urn:a:t,20.10`, `${at(1)},urn:a:t,20.2`, `${at(0)},urn:b:h,9007199254740993`],
  },
  {
    promise: "offsets of times are kept as they are written",
    contract: plain,
    source: csv("2025-01-01T05:30:00+05:30,A,1", "2025-01-01T00:00:00.5-03:30,A,2"),
    readings: ["2025-01-01T05:30:00+05:30,A,1", "2025-01-01T00:00:00.5-03:30,A,2"],
  },
  {
    promise: "times that cannot be read are rejects, never empty",
    contract: plain,
    source: csv("2025-02-30T00:00:00Z,A,1", ",A,2", "N/A,A,3", "2025-01-01T24:00:00Z,A,4", `${at(0)},A,5`, "noon,A,6"),
    readings: [`${at(0)},A,5`],
    rejects: [
      [2, "timestamp_invalid", "2025-02-30T00:00:00Z,A,1"],
      [3, "timestamp_invalid", ",A,2"],
      [4, "timestamp_invalid", "N/A,A,3"],
      [5, "timestamp_invalid", "2025-01-01T24:00:00Z,A,4"],
      [7, "timestamp_invalid", "noon,A,6"],
    ],
  },
  {
    promise: "a boolean counts where the contract says which it is, and no other spelling is the other one",
    contract: { ...plain, format: { type: "csv", ...bools } },
    source: csv(`${at(0)},A,true`, `${at(1)},A,false`, `${at(2)},A,TRUE`, `${at(3)},A,1`),
    readings: [`${at(0)},A,1`, `${at(1)},A,0`, `${at(3)},A,1`],
    rejects: [[4, "value_invalid", `${at(2)},A,TRUE`]],
  },
  {
    promise: "a boolean of JSON is no reading unless the contract says so, and a text is not one",
    contract: json(bools),
    source: `{"time":"${at(0)}","id":"A","value":true}\n{"time":"${at(1)}","id":"A","value":false}\n{"time":"${at(2)}","id":"A","value":null}\n{"time":"${at(3)}","id":"A","value":"no"}\n`,
    readings: [`${at(0)},A,1`, `${at(1)},A,0`],
    rejects: [[4, "value_invalid", `{"time":"${at(3)}","id":"A","value":"no"}`]],
    absent: 1,
  },
  {
    promise: "an empty cell is absent where the contract says that it is no value",
    contract: plain,
    source: csv(`${at(0)},A,1`, `${at(1)},A,`, `${at(2)},A,""`, `${at(3)},A,  `, `${at(4)},A,0`),
    readings: [`${at(0)},A,1`, `${at(4)},A,0`],
    absent: 3,
  },
  {
    promise: "an empty text is a reject where it does not, never 0",
    contract: json({}),
    source: `{"time":"${at(0)}","id":"A","value":""}\n{"time":"${at(1)}","id":"A","value":"0"}\n`,
    readings: [`${at(1)},A,0`],
    rejects: [[1, "value_invalid", `{"time":"${at(0)}","id":"A","value":""}`]],
  },
];
