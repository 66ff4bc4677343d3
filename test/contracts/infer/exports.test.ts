import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseContract } from "../../../src/contracts/contract.ts";
import { inferContract } from "../../../src/contracts/infer/infer.ts";
import { known } from "../contracts.ts";
import { readBy } from "../readings.ts";

/** Files as loggers, gateways and tools export them; the eleven sources of the cases are in `infer.test.ts`. */

const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join("\n");
const two = (i: number) => String(i).padStart(2, "0");
const infer = (name: string, text: string | Uint8Array, isWhole = true) =>
  inferContract(name, typeof text === "string" ? Buffer.from(text) : text, isWhole, known);

async function proposed(name: string, text: string | Uint8Array, isWhole = true) {
  const { text: proposal, unsure } = await infer(name, text, isWhole);
  return { ...parseContract(proposal, known).contract!, unsure: unsure.join("\n") };
}

const ANNOTATED = (table: number, field: string, host: string) => `#group,false,false,true,true,false,false,true,true
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string
#default,_result,,,,,,,
,result,table,_start,_stop,_time,_value,_field,host
${rows(5, (i) => `,,${table},2025-03-01T00:00:00Z,2025-03-02T00:00:00Z,2025-03-01T00:0${i}:00Z,2${i}.5,${field},${host}`)}
`;

const EXPORTS: readonly (readonly [what: string, name: string, text: string | Uint8Array, contract: object])[] = [
  [
    "InfluxDB, annotated CSV with a table for each series",
    "annotated.csv",
    `${ANNOTATED(0, "temperature", "a")}\n${ANNOTATED(1, "humidity", "a")}`,
    {
      format: { type: "csv", commentChar: "#", headerRows: [4], again: true, missingValues: [""] },
      reading: {
        timestamp: { column: "_time", format: "iso" },
        device_id: { template: "{host}.{_field}" },
        value: { column: "_value" },
        unit: {
          byDevice: [
            { devices: "*.temperature", unit: "°C" },
            { devices: "*.humidity", unit: "%" },
            { devices: "*", unit: "?" },
          ],
        },
      },
    },
  ],
  [
    "ThingsBoard, a list of times for each measure",
    "telemetry.json",
    JSON.stringify({ temperature: [{ ts: 1740787200000, value: "20.5" }], soil: [{ ts: 1740787200000, value: "31" }] }),
    {
      suffixes: [".json"],
      format: { type: "json", records: "*" },
      reading: {
        timestamp: { column: "ts", format: "unix:ms" },
        device_id: { template: "{file}.{measure}" },
        value: { column: "value" },
      },
    },
  ],
  [
    "a pivot with units in brackets",
    "pivot.csv",
    `Timestamp,Pump 1 pressure [bar],Pump 2 flow [m3/h]\n${rows(9, (i) => `2025-03-01 00:0${i}:00,1.${i},2${i}`)}`,
    {
      reading: {
        device_id: { template: "{file}.{measure}" },
        value: { measures: { "Pump 1 pressure [bar]": {}, "Pump 2 flow [m3/h]": {} } },
        unit: { from: "header", after: " [", before: "]" },
      },
    },
  ],
  [
    "tabs, with lines of comments that say the zone",
    "LOG.TXT",
    `# logger 4711\n# time zone: UTC+1\ntime\ttemp\tbatt_mV\n${rows(9, (i) => `2025-03-0${i + 1} 12:00\t2${i}.5\t36${i}0`)}`,
    {
      suffixes: [".TXT"],
      format: { delimiter: "\t", commentChar: "#", headerRows: [3] },
      reading: {
        timestamp: { column: "time", format: "iso", zone: "+01:00" },
        value: { measures: { temp: { unit: "°C" }, batt_mV: { unit: "mV" } } },
      },
    },
  ],
  [
    "Node-RED, a list of messages",
    "flow.json",
    JSON.stringify(
      [1, 2, 3].map((i) => ({
        _msgid: `a${i}`,
        topic: "line1",
        payload: { temp: 20.5 + i, load: i },
        timestamp: 1740787200000 + i,
      })),
    ),
    {
      format: { type: "json" },
      reading: {
        timestamp: { column: "timestamp", format: "unix:ms" },
        device_id: { template: "{topic}.{measure}" },
        value: { measures: { "payload.temp": { unit: "°C" }, "payload.load": { unit: "?" } } },
      },
    },
  ],
  [
    "Prometheus, the text that it scrapes with times",
    "metrics.prom",
    `# HELP node_temp Temperature\n# TYPE node_temp gauge\n${rows(9, (i) => `node_temp{sensor="s${i % 2}"} 2${i} ${1740787200000 + i}`)}\n`,
    {
      format: { delimiter: " ", commentChar: "#", header: false, names: ["text", "value", "time"] },
      reading: {
        timestamp: { column: "time", format: "unix:ms" },
        device_id: { column: "text" },
        value: { column: "value" },
      },
    },
  ],
  [
    "a meter's quarter hours with their state",
    "lastgang.csv",
    `Zählpunkt;Datum;von;bis;Wert;Einheit;Status\n${rows(40, (i) => `DE001;${two(1 + (i % 20))}.03.2025;0${i % 9}:00;0${i % 9}:15;0,${i};kWh;${i % 7 ? "W" : "E"}`)}`,
    {
      format: { delimiter: ";", decimalChar: "," },
      reading: {
        timestamp: { columns: ["Datum", "von"], format: "dd.MM.yyyy HH:mm" },
        device_id: { column: "Zählpunkt" },
        value: { column: "Wert" },
        unit: { column: "Einheit" },
        carry: ["bis", "Status"],
      },
      unsure: expect.stringContaining('"Status" seems to say how good a value is ("E", "W")'),
    },
  ],
  [
    "a historian with OPC's qualities",
    "area1.csv",
    `TagName,DateTime,Value,Quality\n${rows(20, (i) => `TI10${i % 2},01-Mar-25 00:${two(i)}:00.000,${i}.5,${i % 5 ? 192 : 0}`)}`,
    {
      reading: {
        timestamp: { column: "DateTime", format: "dd-MMM-yy HH:mm:ss.SSS" },
        device_id: { column: "TagName" },
        keep: { column: "Quality", in: ["192"] },
      },
    },
  ],
  [
    "milliseconds since 1970",
    "epoch.csv",
    `ts,node,value\n${rows(9, (i) => `${1740787200000 + i},n${i % 3},${i}`)}`,
    { reading: { timestamp: { column: "ts", format: "unix:ms", zone: "UTC" }, device_id: { column: "node" } } },
  ],
  [
    "no header",
    "raw.csv",
    rows(9, (i) => `2025-03-01T00:0${i}:00Z,s${i % 3},2${i}.5`),
    {
      format: { header: false, names: ["time", "text", "value"] },
      reading: { timestamp: { column: "time" }, device_id: { column: "text" }, value: { column: "value" } },
    },
  ],
  [
    "one row",
    "one.csv",
    "time,temp\n2025-03-01 00:00:00,20.5\n",
    { reading: { value: { column: "temp" }, unit: { constant: "°C" } } },
  ],
  [
    "Elitech, with what the logger was set to above",
    "elitech.csv",
    `Device Model:,RC-5+\nStart Time:,2025-03-01 00:00:00\n\nNo.,Time,Temperature(°C),Humidity(%RH)\n${rows(9, (i) => `${i + 1},2025-03-01 00:0${i}:00,2${i}.1,4${i}.0`)}`,
    {
      format: { headerRows: [4] },
      reading: {
        value: { measures: { "Temperature(°C)": {}, "Humidity(%RH)": {} } },
        unit: { from: "header", after: "(", before: ")" },
        carry: ["No."],
      },
    },
  ],
  [
    "Testo, in windows-1252",
    "testo.csv",
    Buffer.from(
      `Datum/Zeit;1:Temp.[°C];2:Feuchte[%rF]\n${rows(9, (i) => `${13 + i}.03.2025 12:00:00;2${i},1;4${i},0`)}`,
      "latin1",
    ),
    {
      format: { encoding: "windows-1252", delimiter: ";", decimalChar: "," },
      reading: { timestamp: { format: "dd.MM.yyyy HH:mm:ss" }, unit: { from: "header", after: "[", before: "]" } },
    },
  ],
  [
    "Sensirion, with its separator stated",
    "sensirion.csv",
    `sep=;\n#MyAmbience\nEpoch_UTC;Local_Date_Time;T_SHT31;RH_SHT31\n${rows(9, (i) => `${1740787200 + i};2025-03-01T01:00:0${i};2${i}.1;4${i}.0`)}`,
    {
      format: { delimiter: ";", commentChar: "#", headerRows: [3] },
      reading: { timestamp: { column: "Epoch_UTC", format: "unix:s" }, carry: ["Local_Date_Time"] },
    },
  ],
  [
    "UTF-16 with tabs, as Excel saves text",
    "excel.txt",
    Buffer.from(
      `\ufefftime\tdevice\tvalue\r\n${rows(9, (i) => `3/${13 + i}/2025 1:0${i} PM\td${i % 2}\t${i}.5`)}`,
      "utf16le",
    ),
    {
      format: { encoding: "utf-16le", delimiter: "\t" },
      reading: { timestamp: { column: "time", format: "M/dd/yyyy h:mm a" } },
    },
  ],
  [
    "a line of units below the names",
    "plant.csv",
    `Time,Temp,Press\ns,°C,bar\n${rows(9, (i) => `2025-03-01 00:0${i}:00,2${i},1.${i}`)}`,
    { format: { unitsRow: 2 }, reading: { value: { measures: { Temp: {}, Press: {} } }, unit: { from: "unitsRow" } } },
  ],
  [
    "names on two lines",
    "groups.csv",
    `,P-1,P-1,P-2\ntime,pressure,flow,pressure\n${rows(9, (i) => `2025-03-01 00:0${i}:00,2${i},1.${i},${i}`)}`,
    {
      format: { headerRows: [1, 2] },
      reading: { value: { measures: { "P-1 pressure": {}, "P-1 flow": {}, "P-2 pressure": {} } } },
    },
  ],
  [
    "the long form with measures and units in columns of their own",
    "long.csv",
    `timestamp,device,metric,value,unit\n${rows(9, (i) => `2025-03-01T00:0${i}:00Z,d,${i % 2 ? "temp,20" : "hum,50"},${i % 2 ? "°C" : "%"}`)}`,
    {
      reading: { device_id: { template: "{device}.{metric}" }, value: { column: "value" }, unit: { column: "unit" } },
    },
  ],
  [
    "a score of its own",
    "vibration.csv",
    `time,machine,vibration (mm/s),anomaly_score\n${rows(9, (i) => `2025-03-01T00:0${i}:00Z,m${i % 2},${i}.5,0.${i}`)}`,
    { reading: { value: { column: "vibration (mm/s)" }, anomaly_score: { column: "anomaly_score" } } },
  ],
  [
    "thousands in quotes",
    "energy.csv",
    `Time,Meter,Energy (kWh)\n${rows(9, (i) => `2025-03-01T00:0${i}:00Z,m1,"1,20${i}.5"`)}`,
    { format: { delimiter: ",", decimalChar: ".", groupChar: "," } },
  ],
  [
    "ChirpStack, with the gateways' own times and levels beside the payload",
    "uplinks.ndjson",
    rows(9, (i) =>
      JSON.stringify({
        ...{
          time: `2025-03-01T00:00:0${i}.123+00:00`,
          deviceInfo: { tenantId: "t", deviceName: `soil-${i % 2}` },
          fCnt: i,
        },
        ...{
          object: { temperature: 20.5, soilMoisture: 30 + i },
          rxInfo: [{ rssi: -80, time: "2025-03-01T00:00:00Z" }],
        },
      }),
    ),
    {
      format: { type: "ndjson" },
      reading: {
        timestamp: { column: "time" },
        device_id: { template: "{deviceInfo.deviceName}.{measure}" },
        value: { measures: { "object.temperature": { unit: "°C" }, "object.soilMoisture": { unit: "%" } } },
      },
    },
  ],
  [
    "a document with a list, and the device around it",
    "batch.json",
    JSON.stringify({
      device: { id: "gw-7" },
      sent_at: "2025-03-02T00:00:00Z",
      readings: [1, 2, 3].map((i) => ({ t: `2025-03-01T00:0${i}:00Z`, co2_ppm: 400 + i })),
    }),
    {
      format: { type: "json", records: "readings" },
      reading: {
        timestamp: { column: "t" },
        device_id: { column: "$.device.id" },
        value: { column: "co2_ppm" },
        unit: { constant: "ppm" },
      },
    },
  ],
  [
    "a list of named sensors in each line",
    "gateway.ndjson",
    rows(9, (i) =>
      JSON.stringify({
        ...{ t: 1740787200.25 + i, dev: "gw-1", battery: 3.6 },
        sensors: [
          { n: "T1", v: 1.5 + i },
          { n: "T2", v: 2.5 },
        ],
      }),
    ),
    {
      format: { type: "ndjson", records: "sensors" },
      reading: {
        timestamp: { column: "$.t", format: "unix:s" },
        device_id: { template: "{$.dev}.{n}" },
        value: { column: "v" },
        unit: { constant: "?" },
      },
      unsure: expect.stringMatching(/the list at "sensors".*Left out are "\$\.battery"/s),
    },
  ],
  [
    "a list of named sensors with units, and no device",
    "hub.json",
    JSON.stringify(
      [1, 2, 3].map((i) => ({
        time: `2025-03-01T00:0${i}:00Z`,
        values: [
          { name: "flow", value: i, unit: "l/min" },
          { name: "level", value: 2 * i, unit: "m" },
        ],
      })),
    )
      .slice(1, -1)
      .replaceAll('},{"time', '}{"time'),
    {
      format: { type: "ndjson", records: "values" },
      reading: {
        timestamp: { column: "$.time" },
        device_id: { template: "{file}.{name}" },
        value: { column: "value" },
        unit: { column: "unit" },
      },
    },
  ],
  [
    "units beside values in JSON",
    "weather.json",
    JSON.stringify({
      data: {
        items: [1, 2, 3].map((i) => ({
          time: `2025-03-01T00:0${i}:00Z`,
          wind: { value: i, unit: "m/s" },
          rain: { value: i, unit: "mm" },
        })),
      },
    }),
    {
      format: { records: "data.items" },
      reading: {
        value: { measures: { "wind.value": { as: "wind", unit: "m/s" }, "rain.value": { as: "rain", unit: "mm" } } },
      },
    },
  ],
  [
    "line protocol in seconds, with tags that some points lack",
    "telegraf.lp",
    rows(9, (i) => `cpu,host=a,cpu=cpu${i % 2} user=1.${i},idle=t 174078720${i}\nmem,host=a used=12i 174078720${i}`),
    {
      format: { type: "influx", precision: "s" },
      reading: {
        device_id: { template: "{host}.{measure}" },
        value: { measures: { user: { unit: "?" }, used: { unit: "?" } } },
      },
    },
  ],
  [
    "line protocol with one field in several measurements",
    "lines.lp",
    rows(9, (i) => `pump,machine=P1 value=1${i} 174078720${i}\nfan,machine=P1 value=9${i} 174078720${i}`),
    {
      reading: { device_id: { template: "{machine}.{measurement}.{measure}" }, value: { measures: { value: {} } } },
      unsure: expect.stringContaining('"{machine}.{measurement}.{measure}" is put for the id'),
    },
  ],
  [
    "line protocol with a second tag that tells series apart",
    "sites.lp",
    rows(9, (i) => `pump,machine=P1,site=${i % 2 ? "Linz" : "Wels"},fw=2 v=1${i},note="a",on=t 174078720${i}`),
    {
      reading: { device_id: { template: "{machine}.{site}.{measure}" } },
      unsure: expect.stringMatching(
        /are of several series without "site".*Left out are "note", "on", "fw"\. Name in reading\.carry/s,
      ),
    },
  ],
  [
    "line protocol with a tag that tells series apart and is not in all points",
    "cores.lp",
    rows(9, (i) => `cpu,host=a,core=c${i % 2} user=1.${i} 174078720${i}\nmem,host=a used=12 174078720${i}`),
    {
      reading: { device_id: { template: "{host}.{measure}" } },
      unsure: expect.stringMatching(/"core" .* not all points have .* write \{core\} into reading\.device_id/),
    },
  ],
  [
    "line protocol with a second tag that the first one says",
    "hosts.lp",
    rows(9, (i) => `env,host=h${i % 3},room=r${i % 3} t=1${i} 174078720${i}`),
    { reading: { device_id: { template: "{host}.{measure}" } } },
  ],
  [
    "line protocol with a tag for each point",
    "traces.lp",
    rows(30, (i) => `env,host=h,trace=x${i} t=1${i} 17407872${two(i)}`),
    { reading: { device_id: { template: "{host}.{measure}" } } },
  ],
  [
    "line protocol without tags, of several measurements",
    "bare.lp",
    rows(9, (i) => `pump v=1${i} 174078720${i}\nfan v=9${i} 174078720${i}`),
    { reading: { device_id: { template: "{file}.{measurement}.{measure}" } } },
  ],
  [
    "a logger that has no values at first",
    "station.csv",
    `time;a;b\n${rows(9, (i) => `2025-03-01 00:0${i};${i < 3 ? "NAN;NAN" : "1,5;2,5"}`)}`,
    {
      format: { headerRows: [1], commentRows: [], missingValues: ["", "NAN"] },
      reading: { value: { measures: { a: {}, b: {} } } },
    },
  ],
  [
    "hundreds of columns",
    "wide.csv",
    `time,note,${rows(300, (i) => `c${i}`).replaceAll("\n", ",")}\n${rows(3, (i) => `2025-03-01 00:0${i}:00,n,${rows(300, (j) => `${j}.5`).replaceAll("\n", ",")}`)}`,
    { reading: { value: { pattern: "*", except: ["time", "note"] }, unit: { constant: "?" } } },
  ],
  [
    "whole thousands in quotes, which could be fractions",
    "counts.csv",
    `time,e\n${rows(9, (i) => `2025-03-01 00:0${i},"1,10${i}"`)}`,
    { format: { groupChar: "," }, unsure: expect.stringContaining("it is taken for what parts thousands") },
  ],
  [
    "channels by number, and a column that belongs to the id",
    "channels.csv",
    `Time,Channel,Side,Value\n${rows(12, (i) => `2025-03-01 00:0${i >> 2}:00,${(i >> 1) % 2},${i % 2 ? "in" : "out"},${i}.5`)}`,
    {
      reading: { device_id: { column: "Channel" }, value: { column: "Value" } },
      unsure: expect.stringContaining('does another column (one of "Side"?) belong to the id?'),
    },
  ],
];

describe("what is proposed for", () => {
  it.each(EXPORTS)("%s", async (_, name, text, contract) => {
    expect(await proposed(name, text)).toMatchObject(contract);
  });
});

describe("what is proposed is read as it was meant for", () => {
  const of = async (name: string, text: string) => {
    const { text: proposal } = await infer(name, text);
    const { readings, error, rejects } = await readBy(proposal, Buffer.from(text));
    expect([error, rejects]).toEqual([null, null]);
    return [readings.length, [...new Set(readings.map(([, device]) => device))].toSorted()];
  };

  it("named sensors in a list, by their names and the document's time", async () => {
    const line = (i: number) => {
      const sensors = [
        { n: "T1", v: i },
        { n: "T2", v: 2 * i },
      ];
      return JSON.stringify({ t: 1740787200 + i, dev: "gw", sensors: i % 2 ? sensors : sensors.toReversed() });
    };
    expect(await of("a.ndjson", rows(9, line))).toEqual([18, ["gw.T1", "gw.T2"]]);
  });

  it("measurements and sites in line protocol, an id for each", async () => {
    const line = (i: number) =>
      `${i % 2 ? "pump" : "fan"},machine=P1,site=${i & 2 ? "Linz" : "Wels"} v=${i} 174078720${i}`;
    const ids = ["P1.Linz.fan.v", "P1.Linz.pump.v", "P1.Wels.fan.v", "P1.Wels.pump.v"];
    expect(await of("a.lp", rows(9, line))).toEqual([9, ids]);
  });
});

describe("a sample", () => {
  const text = `ts,node,value\n${rows(40_000, (i) => `${1740787200000 + i},n${i % 3},2${i % 10}.${(i * 7919) % 1000}`)}\n`;

  it("that is compressed gives the same contract and says so, even where it is cut off", async () => {
    const { reading, format } = await proposed("a.csv", text);
    const packed = gzipSync(text);
    for (const [sample, isWhole] of [
      [packed, true],
      [packed.subarray(0, packed.length >> 1), false],
    ] as const) {
      const contract = await proposed("a.csv.gz", sample, isWhole);
      expect([contract.reading, contract.suffixes]).toEqual([reading, [".csv.gz"]]);
      expect(contract.format).toEqual({ ...format, compression: "gzip" });
    }
  });

  it("may end within a row, a character or a document", async () => {
    const lines = `time,gerät,wert\n${rows(20, (i) => `2025-03-01T00:00:${two(i)}Z,Kälte,${i}.5`)}\n`;
    const documents = JSON.stringify(
      Array.from({ length: 20 }, (_, i) => ({ ts: 1740787200 + i, gerät: "Kälte", wert: i })),
    );
    for (const [name, whole, from] of [
      ["a.csv", lines, 90],
      ["a.json", documents, 90],
    ] as const) {
      const bytes = Buffer.from(whole);
      const { reading } = await proposed(name, bytes);
      for (let length = from; length < bytes.length; length += 7) {
        expect((await proposed(name, bytes.subarray(0, length), false)).reading).toEqual(reading);
      }
    }
  });
});

describe("a day and a month are told apart", () => {
  const dates = (cells: readonly string[]) =>
    proposed("a.csv", `time,x\n${cells.map((cell, i) => `${cell},${i}`).join("\n")}\n`);

  it.each([
    ["03/25/2025 10:00", "03/26/2025 10:00", "MM/dd/yyyy HH:mm", false],
    ["25/03/2025 10:00", "26/03/2025 10:00", "dd/MM/yyyy HH:mm", false],
    ["1/3/2025 10:00", "2/3/2025 10:00", "d/M/yyyy HH:mm", true],
    ["3/1/2025 10:00", "3/2/2025 10:00", "M/d/yyyy HH:mm", true],
    ["03-04-2025 10:00", "03-04-2025 11:00", "dd-MM-yyyy HH:mm", true],
    ["03/04/2025 10:00 AM", "03/04/2025 11:00 AM", "MM/dd/yyyy hh:mm a", true],
    ["25-03-01 10:00", "25-03-31 10:00", "yy-MM-dd HH:mm", true],
  ])("%s and %s are %s", async (one, other, format, isUnsure) => {
    const { reading, unsure } = await dates([one, other]);
    expect(reading.timestamp?.format).toBe(format);
    expect(unsure.includes("tells the order of days and months")).toBe(isUnsure);
  });
});

describe("no contract is proposed for", () => {
  it.each<[string, string, string | Uint8Array, string]>([
    ["nothing", "a.csv", "", "it is empty. Bring a file that has some rows."],
    ["blanks", "a.csv", " \n\n", "it has nothing but blanks. Bring a file that has some rows."],
    [
      "a workbook",
      "a.xlsx",
      "PK\x03\x04abc",
      "it is a ZIP archive or a workbook (.xlsx). Save the sheet as CSV, or unpack the archive.",
    ],
    ["Parquet", "a.parquet", "PAR1\x15\x00", "it is Parquet. Export it as CSV."],
    [
      "a compressed workbook",
      "a.gz",
      gzipSync("PK\x03\x04abc"),
      "it is a ZIP archive or a workbook (.xlsx). Save the sheet as CSV, or unpack the archive.",
    ],
    [
      "a page to sign in",
      "a.csv",
      "<!DOCTYPE html><html>",
      "it is a web page. Was it fetched without signing in? Export the data as CSV or JSON.",
    ],
    ["bytes", "a.csv", new Uint8Array([1, 2, 0, 3]), "it is binary: it has bytes of zero. Export it as CSV or JSON."],
    ["damaged gzip", "a.gz", gzipSync("a,b").subarray(0, 15), "it is damaged: "],
    [
      "a header alone",
      "a.csv",
      "time;temp;hum\n",
      "it has nothing but a header. Bring a file that has some rows below it.",
    ],
    [
      "the built-in contract's form",
      "my data.csv",
      "timestamp,device_id,value,unit,anomaly_score\n2025-03-01T00:00:00Z,a,1,C,0\n",
      "it has the form of the built-in contract and needs no other. Run vantageflow ingest 'my data.csv'.",
    ],
    ["prose", "a.txt", "Hello there.\nThis is no data.\n", "no row of it has a time or number."],
    [
      "a table without times",
      "a.csv",
      "a,b\n1,2\n3,4\n",
      'no column of it reads as times ("a: 1", "b: 2"). Each reading has one: add a column, or write the contract by hand.',
    ],
    [
      "days as spreadsheets count them",
      "a.csv",
      "Date,x\n45717.5,2\n45718.5,4\n",
      'the numbers in "Date" count days, as spreadsheets keep dates. Show the column as dates there, and export it again.',
    ],
    [
      "a table without numbers",
      "a.csv",
      "time,b\n2025-03-01T00:00:00Z,on\n",
      "no column of it has numbers. Take a sample with some values in it.",
    ],
    [
      "numbers with their units in one cell",
      "a.csv",
      "time,b\n2025-03-01T00:00:00Z,20.5 °C\n",
      'numbers stand in one cell with other texts ("20.5 °C"). Export numbers and units apart.',
    ],
    [
      "JSON of columns",
      "a.json",
      '{"hourly":{"time":["2025-03-01T00:00"],"t":[1.5]}}',
      "no list of objects in it has a time and a number in each. Export one object for each reading, or write the contract by hand.",
    ],
    [
      "line protocol of states and texts",
      "a.lp",
      'door,id=1 open=true,by="hand" 1772323200000000000\n',
      "no field of its points is a number. Where true and false count, write the contract by hand, with format.trueValues and falseValues.",
    ],
    ["broken JSON", "a.json", '{"ts": 1, "a": }', "line 1 is no JSON that can be read. Repair it first."],
  ])("%s", async (_, name, text, why) => {
    await expect(infer(name, text)).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringContaining(`Cannot infer a contract from ${JSON.stringify(name)}: ${why}`),
    });
  });
});
