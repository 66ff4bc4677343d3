// How far it goes: devices that report once a minute, the requests that the real functions make of a store in memory, and AWS's limits, in
// virtual time. What only AWS knows is given: how long a request to S3 takes.
//   npm run bench:scale [-- --latency 20 --minutes 10 --lambda 1000 --shards 500 --gateway 1000 --packed 1]
import { readFileSync } from "node:fs";
import { COMMON_HELP, count, optionsOf } from "./options.mjs";
import { measureBatch, measureTable, product } from "./scale/batch.mjs";
import { simulate, usesOf } from "./scale/simulate.mjs";
import { table } from "./tables.mjs";

const HELP = `Usage: npm run bench:scale -- [options]

  --latency MS    of a request to S3 (20): AWS says no more than tens of milliseconds
  --minutes N     of virtual time (10)
  --lambda N      executions at once of the account (1000)
  --shards N      shards of the account (500)
  --gateway N     devices whose readings come in one file (1000)
  --packed N      readings in a record of the stream (1)
  --kept DAYS     of bronze, silver and receipts (as the topology has them)
  --rows N        of the table's sync that is measured (200000)
${COMMON_HELP}`;

const values = optionsOf({
  latency: { type: "string", default: "20" },
  minutes: { type: "string", default: "10" },
  lambda: { type: "string", default: "1000" },
  shards: { type: "string", default: "500" },
  gateway: { type: "string", default: "1000" },
  packed: { type: "string", default: "1" },
  kept: { type: "string" },
  rows: { type: "string", default: "200000" },
});

const DEVICES = [1000, 100_000, 10_000_000];
const READING_BYTES = 90;
/** What Lambda puts around a record of a stream, as its documentation shows one. */
const RECORD_BYTES = 620;
/** What bringing a batch of a stream into bronze asks for: docs/live.md. */
const DELIVERY = { "PUT bronze/": 1, "PUT state/": 1, "GET state/": 1, "GET bronze/": 1 };
const LIST_KEYS = 1000;
const DETECTED_DEVICES = 100_000;
const MONTH_MINUTES = 730 * 60;

if (values.help) process.stdout.write(HELP);
else {
  const of = await product();
  const { limits } = JSON.parse(readFileSync(new URL("scale/limits.json", import.meta.url), "utf8"));
  limits.lambdaConcurrency.value = count(values, "lambda");
  limits.kinesisShards.value = count(values, "shards");
  const minutes = count(values, "minutes");
  // The first of each has the price of Node's warming up.
  await measureBatch(of, 1000, 1000);
  const tableRate = await measureTable(of, count(values, "rows"));
  const rows = [];
  for (const devices of DEVICES) {
    for (const design of designsOf(of, devices, limits))
      rows.push(await rowOf(of, devices, design, limits, minutes, tableRate));
  }
  process.stdout.write(
    table(
      [
        "devices",
        "they come as",
        "batches/min",
        "most used",
        "executions",
        "behind after it",
        "a sweep lists for",
        "table",
        "$ a month",
        "first wall",
        "told by",
      ],
      rows,
    ),
  );
}

/** How readings of so many devices come: batches a minute, and readings in each. */
function designsOf({ topology }, devices, { kinesisShardRecords, kinesisShardBytes, lambdaPayloadBytes }) {
  const gateway = Math.min(count(values, "gateway"), devices);
  const packed = count(values, "packed");
  const { batchSize, windowSeconds } = topology.functions.stream.startedBy;
  const records = devices / 60 / packed;
  const bytes = (devices / 60) * READING_BYTES;
  const shards = Math.max(
    1,
    Math.ceil(records / kinesisShardRecords.value),
    Math.ceil(bytes / kinesisShardBytes.value),
  );
  // Lambda gathers records until there are enough of them, in number or in bytes, or their time is over.
  const inPayload = Math.floor(lambdaPayloadBytes.value / (RECORD_BYTES + (packed * READING_BYTES * 4) / 3));
  const perShard = (devices / shards) * (windowSeconds / 60);
  const streamRows = Math.min(perShard, packed * Math.min(batchSize, inPayload));
  return [
    { name: "a file of each device", batches: devices, rows: 1, shards: 0 },
    { name: `files of ${gateway} devices`, batches: devices / gateway, rows: gateway, shards: 0 },
    {
      name: `a stream of ${shards} shard${shards === 1 ? "" : "s"}`,
      batches: devices / streamRows,
      rows: Math.round(streamRows),
      shards,
    },
  ];
}

async function rowOf(of, devices, design, limits, minutes, tableRate) {
  const batch = await measureBatch(of, design.rows, design.rows);
  const load = loadOf(batch, design.shards > 0);
  const perSecond = design.batches / 60;
  const uses = usesOf(load, perSecond, limits);
  const { waiting, executions } = simulate(load, () => perSecond, limits, minutes);
  const lists = listsOf(of, design);
  const sweepSeconds = (lists * Number(values.latency)) / 1000;
  const tableSeconds = (devices * 5) / tableRate;
  const { timeoutSeconds: sweepLimit } = of.topology.functions.sweep;
  const { timeoutSeconds: tableLimit } = of.topology.functions.tables;
  const { tables, detect } = of.topology.functions;
  const walls = [
    ...uses.map(({ name, use }) => ({ name, use, alarm: name.startsWith("Lambda") ? "Throttles" : "HighErrorRate" })),
    {
      name: `shards of the account (${limits.kinesisShards.value})`,
      use: design.shards / limits.kinesisShards.value,
      alarm: "terraform apply",
    },
    {
      // One that is ended says nothing, and silence is that alarm.
      name: `what a sweep lists in ${sweepLimit} s`,
      use: sweepSeconds / sweepLimit,
      alarm: "WorkOverdue",
    },
    {
      name: `what a sync of the table takes in ${tableLimit} s`,
      use: tableSeconds / tableLimit,
      alarm: `${tables.name}-HighErrorRate`,
    },
    {
      name: `devices of detection (${DETECTED_DEVICES.toLocaleString("en-US")})`,
      use: devices / DETECTED_DEVICES,
      alarm: `${detect.name}-HighErrorRate`,
    },
  ].filter(({ use }) => use > 1);
  walls.sort((a, b) => b.use - a.use);
  const [first, ...more] = walls.map(({ name, use }) => `${name}: ${use.toFixed(1)} times`);
  return [
    devices.toLocaleString("en-US"),
    design.name,
    Math.round(design.batches).toLocaleString("en-US"),
    `${uses[0].name}: ${percent(uses[0].use)}`,
    executions.toLocaleString("en-US"),
    waiting === 0 ? "none" : waiting.toLocaleString("en-US"),
    duration(sweepSeconds),
    `${Math.ceil(tableSeconds).toLocaleString("en-US")} s`,
    Math.round(monthOf(of, batch, design)).toLocaleString("en-US"),
    first === undefined ? "none" : `${first}${more.length === 0 ? "" : `, and ${more.length} more`}`,
    walls[0]?.alarm ?? "",
  ];
}

/** What a batch takes of S3 and of Lambda, what puts it there with it: its sender, or the stream's function. */
function loadOf({ functions }, isStreamed) {
  const requests = isStreamed ? { ...DELIVERY } : { "PUT bronze/": 1 };
  let [asked, cpuMs] = [isStreamed ? requestsOf(DELIVERY) : 0, 0];
  for (const { counts, cpuMs: cpu } of functions) {
    cpuMs += cpu;
    for (const [name, of] of Object.entries(counts)) {
      asked += of;
      const limited = name.replace("LIST", "GET");
      requests[limited] = (requests[limited] ?? 0) + of;
    }
  }
  return { requests, seconds: (asked * Number(values.latency) + cpuMs) / 1000 };
}

/** Requests of a sweep: what is kept of inputs and receipts, a thousand keys each. */
function listsOf({ topology }, { batches }) {
  const days = (layer) => (values.kept === undefined ? topology.layers[layer].retentionDays : count(values, "kept"));
  const keys = batches * 1440 * (days("bronze") + days("silver") + 2 * days("receipts"));
  return Math.ceil(keys / LIST_KEYS);
}

/** How many of these kinds there are. */
function requestsOf(counts, kinds = ["PUT", "LIST", "GET"]) {
  const of = Object.entries(counts).filter(([name]) => kinds.includes(name.split(" ")[0]));
  return of.reduce((total, [, n]) => total + n, 0);
}

function monthOf({ estimateCost, topology }, batch, { batches, shards, rows }) {
  const month = batches * MONTH_MINUTES;
  const landing = shards > 0 ? DELIVERY : { "PUT bronze/": 1 };
  const all = [landing, ...batch.functions.map(({ counts }) => counts)];
  const sum = (kinds) => all.reduce((total, counts) => total + requestsOf(counts, kinds), 0);
  const days = topology.layers.bronze.retentionDays;
  const { seconds } = loadOf(batch, shards > 0);
  const stored = {
    ...{ layer: "bronze", storageClass: "STANDARD", objects: batches * 1440 * days * batch.objects },
    bytes: batches * 1440 * days * batch.bytes,
    writtenBytes: batches * MONTH_MINUTES * batch.bytes,
  };
  return estimateCost({
    hours: 730,
    storage: [stored],
    requests: { put: month * sum(["PUT", "LIST"]), get: month * sum(["GET"]), transition: 0 },
    invocations: month * (2 + (shards > 0 ? 1 : 0)),
    gbSeconds: month * seconds * 0.5,
    logBytes: month * 2000,
    keptLogBytes: month * 500,
    ...{ metrics: 10, alarms: 4, dashboards: 1, transferOutBytes: 0 },
    shards,
    streamRecords: shards > 0 ? unitsOf(count(values, "packed")) * month * rows : 0,
  }).month;
}

/** What a reading is of a record that is billed: 25 KB each. */
function unitsOf(packed) {
  return Math.ceil((packed * READING_BYTES) / 25_000) / packed;
}

function duration(seconds) {
  const units = [
    [1, 180, "s"],
    [60, 180, "min"],
    [3600, 72, "h"],
    [86_400, 700, "days"],
    [365 * 86_400, Number.POSITIVE_INFINITY, "years"],
  ];
  const [size, , name] = units.find(([of, end]) => seconds / of < end);
  return `${Math.ceil(seconds / size).toLocaleString("en-US")} ${name}`;
}

function percent(use) {
  return `${(100 * use).toFixed(use < 0.1 ? 1 : 0)} %`;
}
