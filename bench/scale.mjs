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
/** Readings that are one batch of the stream, and its window: as `vantageflow-stream` has them. */
const [STREAM_ROWS, WINDOW_SECONDS] = [50_000, 60];
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
    for (const design of designsOf(devices, limits))
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
        "sweep lists",
        "table",
        "$ a month",
        "first wall",
      ],
      rows,
    ),
  );
}

/** How readings of so many devices come: batches a minute, and readings in each. */
function designsOf(devices, { kinesisShardRecords, kinesisShardBytes }) {
  const gateway = Math.min(count(values, "gateway"), devices);
  const records = devices / 60 / count(values, "packed");
  const bytes = (devices / 60) * READING_BYTES;
  const shards = Math.max(
    1,
    Math.ceil(records / kinesisShardRecords.value),
    Math.ceil(bytes / kinesisShardBytes.value),
  );
  const perShard = (devices / shards) * (WINDOW_SECONDS / 60);
  const streamRows = Math.min(perShard, STREAM_ROWS);
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
  const load = loadOf(batch);
  const perSecond = design.batches / 60;
  const uses = usesOf(load, perSecond, limits);
  const { waiting, executions } = simulate(load, () => perSecond, limits, minutes);
  const lists = listsOf(of, design);
  const sweepSeconds = (lists * Number(values.latency)) / 1000;
  const tableSeconds = (devices * 5) / tableRate;
  const { timeoutSeconds: sweepLimit } = of.topology.functions.sweep;
  const { timeoutSeconds: tableLimit } = of.topology.functions.tables;
  const walls = [
    ...uses,
    { name: `shards of the account (${limits.kinesisShards.value})`, use: design.shards / limits.kinesisShards.value },
    { name: `what a sweep lists in ${sweepLimit} s`, use: sweepSeconds / sweepLimit },
    { name: `what a sync of the table takes in ${tableLimit} s`, use: tableSeconds / tableLimit },
    { name: `devices of detection (${DETECTED_DEVICES.toLocaleString("en-US")})`, use: devices / DETECTED_DEVICES },
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
    `${Math.ceil(sweepSeconds).toLocaleString("en-US")} s`,
    `${Math.ceil(tableSeconds).toLocaleString("en-US")} s`,
    Math.round(monthOf(of, batch, design)).toLocaleString("en-US"),
    first === undefined ? "none" : `${first}${more.length === 0 ? "" : `, and ${more.length} more`}`,
  ];
}

/** What a batch takes of S3 and of Lambda, the file that its sender puts there with it. */
function loadOf({ functions }) {
  const requests = { "PUT bronze/": 1 };
  let [asked, cpuMs] = [0, 0];
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

function monthOf({ estimateCost, topology }, batch, { batches, shards, rows }) {
  const month = batches * MONTH_MINUTES;
  const sum = (kinds) =>
    batch.functions.reduce((all, { counts }) => {
      const of = Object.entries(counts).filter(([name]) => kinds.includes(name.split(" ")[0]));
      return all + of.reduce((total, [, n]) => total + n, 0);
    }, 0);
  const days = topology.layers.bronze.retentionDays;
  const seconds = batch.functions.reduce((all, { counts, cpuMs }) => {
    return all + (Object.values(counts).reduce((a, b) => a + b, 0) * Number(values.latency) + cpuMs) / 1000;
  }, 0);
  const stored = {
    ...{ layer: "bronze", storageClass: "STANDARD", objects: batches * 1440 * days * batch.objects },
    bytes: batches * 1440 * days * batch.bytes,
    writtenBytes: batches * MONTH_MINUTES * batch.bytes,
  };
  return estimateCost({
    hours: 730,
    storage: [stored],
    requests: { put: month * (1 + sum(["PUT", "LIST"])), get: month * sum(["GET"]), transition: 0 },
    invocations: month * (2 + (shards > 0 ? 1 : 0)),
    gbSeconds: month * seconds * 0.5,
    logBytes: month * 2000,
    keptLogBytes: month * 500,
    ...{ metrics: 10, alarms: 4, dashboards: 1, transferOutBytes: 0 },
    shards,
    streamRecords: shards > 0 ? month * rows : 0,
  }).month;
}

function percent(use) {
  return `${(100 * use).toFixed(use < 0.1 ? 1 : 0)} %`;
}
