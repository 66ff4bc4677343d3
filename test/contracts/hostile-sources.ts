import { gzipSync } from "node:zlib";
import type { contractOf } from "./made.ts";

/** Sources that are meant to break whoever reads them, see `hostile.test.ts`. */

export const time = (i: number) => `2025-01-01T00:00:${String(i % 60).padStart(2, "0")}Z`;
const reading = {
  timestamp: { column: "time" },
  device_id: { column: "id" },
  value: { column: "value" },
  unit: { constant: "C" },
};
export const csv = (format: object = {}, changes: object = {}) => ({
  format: { type: "csv", ...format },
  reading: { ...reading, ...changes },
});
const wide = (changes: object = {}) =>
  csv({}, { device_id: { template: "{id}.{measure}" }, value: { pattern: "m*" }, ...changes });
const gzipped = { ...csv({ compression: "gzip" }), suffixes: [".csv.gz"] };
const json = (type: string, changes: object = {}) => ({ format: { type }, reading: { ...reading, ...changes } });

export const ruled = (what: "reject" | "anomaly", rule: object) =>
  // biome-ignore lint/suspicious/noThenProperty: the word of the vocabulary; no object of it is awaited
  ({ ...rule, then: what });

export const HEAD = "time,id,value\n";
export const row = (i: number, id = "A") => `${time(i)},${id},${i}\n`;
const deep = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
const COLUMNS = Array.from({ length: 100_000 }, (_, i) => `m${i}`);
const wideHead = (count: number, front = "time,id") => `${front},${COLUMNS.slice(0, count).join(",")}\n`;
const ones = (count: number) => "1,".repeat(count - 1).concat("1\n");
const MEGABYTE = 2 ** 20;

function* repeated(front: string, piece: string | Uint8Array, times: number, behind = "") {
  yield front;
  for (let i = 0; i < times; i++) yield piece;
  yield behind;
}

export function* each(front: string, count: number, make: (i: number) => string, behind = "") {
  yield front;
  for (let i = 0; i < count; i += 1000) {
    yield Array.from({ length: Math.min(1000, count - i) }, (_, k) => make(i + k)).join("");
  }
  yield behind;
}

function* big(front: string, count: number, make: (i: number) => string, behind = "") {
  yield front;
  for (let i = 0; i < count; i++) yield make(i);
  yield behind;
}

interface HostileSource {
  readonly source: string;
  readonly contract: Parameters<typeof contractOf>[0];
  readonly bytes: () => Iterable<string | Uint8Array>;
  /** It is a file, not what comes through a pipe. */
  readonly isFile?: boolean;
  /** What it is refused with. */
  readonly refused?: string;
  /** Silver, anomalies, rejects, blank. */
  readonly rows?: readonly [number, number, number, number];
}

export const HOSTILE: readonly HostileSource[] = [
  {
    source: "a gzip that becomes a thousand times as large",
    contract: gzipped,
    bytes: () => [gzipSync(Buffer.concat([Buffer.from(HEAD), Buffer.alloc(50 * MEGABYTE, "\n")]))],
    refused: "inflated_too_large",
  },
  {
    source: "a chain of 3,000 gzip members, and as many that are empty",
    contract: gzipped,
    bytes: () => {
      const [one, none] = [gzipSync(row(1)), gzipSync("")];
      return [gzipSync(HEAD), ...Array.from({ length: 3000 }, () => Buffer.concat([one, none]))];
    },
    rows: [3000, 0, 0, 0],
  },
  { source: "JSON nested 10,000 deep", contract: json("json"), bytes: () => [deep], refused: "source_invalid" },
  {
    source: "a line of NDJSON nested 10,000 deep",
    contract: json("ndjson"),
    bytes: () => {
      const good = `{"time":"${time(1)}","id":"A","value":1}\n`;
      return [good, `{"time":"${time(1)}","id":"A","value":${deep}}\n`, good];
    },
    rows: [2, 0, 1, 0],
  },
  {
    source: "SenML nested 10,000 deep",
    contract: { format: { type: "senml" } },
    bytes: () => [`[{"n":"a","t":1735689600,"v":1,"x":${deep}}]`],
    refused: "source_invalid",
  },
  {
    source: "a row of 1 GB",
    contract: csv(),
    bytes: () => repeated(HEAD + row(1), Buffer.alloc(MEGABYTE, "x"), 1024, `\n${row(2)}`),
    refused: "row_too_long",
  },
  {
    source: "one document with a list of a million records",
    contract: json("json"),
    bytes: () => each("[", 1e6, (i) => `${i === 0 ? "" : ","}{"time":"${time(i)}","id":"A","value":${i}}`, "]"),
    rows: [1e6, 0, 0, 0],
  },
  {
    source: "ids of a megabyte, put together by a template",
    contract: csv({}, { device_id: { template: "x{id}", replace: { y: "z" } } }),
    bytes: () => big(HEAD, 100, (i) => row(i, String(i).padStart(MEGABYTE - 50, "x")), row(1)),
    rows: [1, 0, 100, 0],
  },
  {
    source: "an id of 400 KB beside 50,000 measures",
    contract: wide(),
    bytes: () => [
      wideHead(50_000),
      `${time(1)},${"x".repeat(400_000)},${ones(50_000)}`,
      `${time(1)},A,${ones(50_000)}`,
    ],
    rows: [50_000, 0, 50_000, 0],
  },
  {
    source: "a note of 400 KB that goes along with 50,000 measures",
    contract: wide({ carry: ["note"] }),
    bytes: () => [wideHead(50_000, "time,id,note"), `${time(1)},A,${"x".repeat(400_000)},${ones(50_000)}`],
    refused: "row_too_long",
  },
  {
    source: "a header of 100,000 columns, with rows that have no time and 100,000 that are one cell",
    contract: wide(),
    bytes: () => [wideHead(1e5), `${time(1)},A,${ones(1e5)}`, `never,A,${ones(1e5)}`, "x\n".repeat(1e5)],
    rows: [1e5, 0, 2e5, 0],
  },
  {
    source: "a header of 100,000 columns and a rule for the last of them",
    contract: {
      ...wide(),
      rules: [ruled("reject", { name: "last", measures: ["m99999"], max: 0 })],
    },
    bytes: () => [wideHead(1e5), `${time(1)},A,${ones(1e5)}`],
    rows: [99_999, 0, 1, 0],
  },
  {
    source: "10 million separators, a hundred in a row",
    contract: csv(),
    bytes: () => [HEAD, `${",".repeat(100)}\n`.repeat(1e5), row(1)],
    rows: [1, 0, 0, 1e5],
  },
  {
    source: "10 million separators in one row",
    contract: csv(),
    bytes: () => [HEAD, ",".repeat(1e7), "\n"],
    refused: "row_too_long",
  },
  {
    source: "records of a megabyte in a file, whose rows are made by a thread of their own",
    isFile: true,
    contract: csv({ delimiter: ";" }, { value: { column: "m" } }),
    bytes: () => big("time;id;m;note\n", 400, (i) => `${time(i)};A;1;${"x".repeat(MEGABYTE - 100)}\n`),
    rows: [400, 0, 0, 0],
  },
  {
    source: "records of a megabyte of which almost nothing is asked for",
    contract: json("ndjson"),
    bytes: () => big("", 400, (i) => `{"time":"${time(i)}","id":"A","value":1,"x":"${"x".repeat(MEGABYTE - 100)}"}\n`),
    rows: [400, 0, 0, 0],
  },
  {
    source: "names of nearly a megabyte in JSON, against a pattern of stars",
    contract: json("ndjson", { device_id: { template: "{id}.{measure}" }, value: { pattern: "*a*a*a*a*b" } }),
    bytes: () =>
      big("", 120, (i) => `{"time":"${time(i)}","id":"A","${"a".repeat(MEGABYTE - 200)}${i}":1,"aaaab":${i}}\n`),
    rows: [120, 0, 0, 0],
  },
  {
    source: "names of nearly a megabyte in line protocol",
    contract: {
      format: { type: "influx" },
      reading: { device_id: { template: "{host}.{measure}" }, value: { pattern: "*" }, unit: { constant: "" } },
    },
    bytes: () => big("", 120, (i) => `m,host=a ${"a".repeat(MEGABYTE - 200)}${i}=1,b=2 1\n`),
    rows: [120, 0, 120, 0],
  },
  {
    source: "65,537 devices in an hour that exists twice: of one more than are followed, nobody tells which it is",
    contract: csv({}, { timestamp: { column: "time", format: "yyyy-MM-dd HH:mm", zone: "Europe/Berlin" } }),
    bytes: () => each(HEAD, 65_537, (i) => `2025-10-26 02:30,d${i},1\n`, "2025-10-26 03:30,d65536,1\n"),
    rows: [65_537, 0, 1, 0],
  },
  {
    source: "100,000 devices with rules, each twice",
    contract: { ...csv(), rules: [ruled("anomaly", { name: "nines", devices: "d9*", max: -1 })] },
    bytes: () => each(HEAD, 200_000, (i) => `${time(i)},d${i % 1e5},1\n`),
    rows: [177_778, 22_222, 0, 0],
  },
  {
    source: "units of half a megabyte, each another, with rules",
    contract: { ...csv({}, { unit: { column: "unit" } }), rules: [ruled("reject", { name: "all", max: 1e9 })] },
    bytes: () => big("time,id,value,unit\n", 100, (i) => `${time(i)},A,1,${String(i).padStart(MEGABYTE / 2, "u")}\n`),
    rows: [100, 0, 0, 0],
  },
];
