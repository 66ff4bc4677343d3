import { functionFolder } from "../ledger/names.ts";
import type { Receipt } from "../ledger/receipts.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";
import {
  type AnyFunction,
  FUNCTION_IDS,
  type FunctionId,
  functionNamed,
  retentionDaysOf,
  type Topology,
  topology,
} from "../topology.ts";
import { runsPerHour } from "../triggers.ts";
import type { StorageClass, Stored, Usage } from "./cost.ts";
import { type Invocation, isError } from "./invocation.ts";
import { isOfStream, STREAM_ALARMS, STREAM_REQUESTS, streamsOf } from "./streams.ts";

/** What a receipt says of the use of AWS: what alarms and cost are made of. */
export interface Measured extends Invocation {
  /** Each is an invocation of Lambda's. */
  readonly attempts: number;
  /** S3 requests of one attempt that are charged as PUT: PUT, POST, LIST. */
  readonly puts: number;
  /** Readings that came by a stream; each is a record of it at most. */
  readonly streamed: number;
}

export interface UsageFacts {
  /** The lake's objects, from listings of its layers. */
  readonly objects: Iterable<Pick<ObjectInfo, "key" | "size" | "modified">>;
  readonly invocations: Iterable<Measured>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const PART_BYTES = 5 * 1024 * 1024;
/** Lifecycle moves nothing that is smaller (S3 user guide, "Transitioning objects using Amazon S3 Lifecycle"). */
const TIERED_BYTES = 128 * 1024;
/** Keys in the answer to one LIST request. */
const PAGE = 1000;

/** One line of the function's, with what Powertools adds to it. */
const LOG_LINE_BYTES = 1100;
/** S3's own metrics of requests, of which there are requests: all, GET, PUT, HEAD, LIST, DELETE, bytes, errors, latency. */
const REQUEST_METRICS = 12;
/** What infra/terraform makes; a test counts it. Of a metric that is calculated, each one that goes into it. */
const ALARMS = { eachFunction: 4, eachTriggered: 1, lake: 2 } as const;
const DASHBOARDS = 1;

/** Null for a receipt of a function that is not the topology's, or without a time. Absurd numbers are cut off. */
export function measure(receipt: Receipt): Measured | null {
  const id = functionNamed(receipt.function);
  const durationMs = within(receipt.duration_ms, 0);
  const ended = Date.parse(receipt.started) + durationMs;
  if (id === null || Number.isNaN(ended)) return null;
  const attempts = within(receipt.attempts, 1);
  const streamed = within(isOfStream(receipt.source.key) ? (receipt.split?.rows.in ?? 0) : 0, 0);
  return {
    function: id,
    ended,
    durationMs,
    isError: isError(receipt.outcome),
    attempts,
    puts: putsOf(id, receipt),
    streamed,
  };
}

/** S3 requests, charged as PUT, of one attempt that wrote these outputs. */
function putsOf(id: FunctionId, { outputs }: Receipt): number {
  const writes = outputs.reduce((sum, { size }) => sum + putsFor(within(size, 0)), 0);
  // A file that is refused has a dead letter instead of outputs; both have a receipt.
  return topology.functions[id].requests.list + 1 + Math.max(1, writes);
}

function within(value: number, least: number): number {
  return Math.min(Math.max(value, least), Number.MAX_SAFE_INTEGER);
}

/** Requests that write so many bytes: beyond a part, one for each, two to begin and end, one for the digest. */
function putsFor(size: number): number {
  return size <= PART_BYTES ? 1 : Math.ceil(size / PART_BYTES) + 3;
}

/**
 * What a lake would use on AWS: its objects now, and what was done in the 24 hours before `now`; of a younger lake, in
 * its age, but at least an hour. Objects outside of the layers are not counted, and nothing tells of downloads.
 */
export function usageOf({ objects, invocations, now }: UsageFacts, { functions } = topology): Usage {
  const [seen, done] = [[...objects], [...invocations]];
  const age = now - firstTime(seen, done, now);
  const hours = Math.min(Math.max(age, HOUR_MS), DAY_MS) / HOUR_MS;
  const since = now - hours * HOUR_MS;
  const recent = done.filter(({ ended }) => ended >= since);
  const scheduled = scheduledOf(functions);
  const perHour = (of: (one: Scheduled) => number) =>
    hours * scheduled.reduce((sum, one) => sum + one.runsPerHour * of(one), 0);
  const ticks = perHour(() => 1);
  const { uploads, transitions } = requestsOf(seen, since);
  const { batches, shards } = streamsOf(seen, since);
  const runs = recent.map((one) => ({ ...one, limits: functions[one.function] }));
  const total = (of: (run: (typeof runs)[number]) => number) =>
    runs.reduce((sum, run) => sum + of(run) * run.attempts, 0);
  const storage = storageOf(seen, since, now);
  const logs = storage.find(({ layer }) => layer === "logs")?.writtenBytes ?? 0;
  const lines = total(() => LOG_LINE_BYTES) + ticks * LOG_LINE_BYTES;
  // A lake that is processed on AWS has its log in CloudWatch and none in itself.
  const logBytes = Math.max(logs, lines);
  return {
    hours,
    isYoung: age < HOUR_MS,
    storage,
    requests: {
      put:
        total(({ puts }) => puts) +
        uploads +
        batches * (STREAM_REQUESTS.put - 1) +
        perHour(({ lists }) => pagesOf(seen, lists)),
      get: total((run) => run.limits.requests.get) + batches * STREAM_REQUESTS.get,
      transition: transitions,
    },
    invocations: total(() => 1) + ticks + batches,
    gbSeconds: total(({ durationMs, limits }) => (Math.ceil(durationMs) / 1000) * (limits.memoryMb / 1024)),
    logBytes,
    keptLogBytes: (logBytes * retentionDaysOf(topology.layers.logs) * 24) / hours,
    metrics: metricsOf(functions, recent, hours, now) + (shards > 0 ? functions.stream.metrics : 0),
    alarms:
      ALARMS.lake +
      ALARMS.eachFunction * deployed(functions) +
      ALARMS.eachTriggered * FUNCTION_IDS.length +
      (shards > 0 ? STREAM_ALARMS : 0),
    dashboards: DASHBOARDS,
    shards,
    streamRecords: recent.reduce((sum, { streamed }) => sum + streamed, 0),
    transferOutBytes: 0,
  };
}

function firstTime(objects: readonly { modified: number }[], invocations: readonly Measured[], now: number): number {
  let first = now;
  for (const { modified } of objects) first = Math.min(first, modified);
  for (const { ended } of invocations) first = Math.min(first, ended);
  return first;
}

type Listed = Pick<ObjectInfo, "key" | "size" | "modified">;

const LAYER_OF = new Map(Object.entries(topology.layers).map(([id, { prefix }]) => [prefix, id]));

function layerOf(key: string): string | undefined {
  return LAYER_OF.get(key.slice(0, key.indexOf("/") + 1));
}

/** In the order of the topology; only what is not empty. */
function storageOf(objects: readonly Listed[], since: number, now: number): Stored[] {
  const groups = new Map<string, { -readonly [K in keyof Stored]: Stored[K] }>();
  for (const { key, size, modified } of objects) {
    const layer = layerOf(key);
    if (layer === undefined) continue;
    const storageClass = classOf(layer, size, now - modified);
    const group = groups.get(`${layer} ${storageClass}`) ?? {
      layer,
      storageClass,
      objects: 0,
      bytes: 0,
      writtenBytes: 0,
    };
    groups.set(`${layer} ${storageClass}`, group);
    group.objects++;
    group.bytes += size;
    if (modified >= since) group.writtenBytes += size;
  }
  return Object.keys(topology.layers).flatMap((layer) => [...groups.values()].filter((one) => one.layer === layer));
}

/** Where lifecycle has an object of this size and age. */
function classOf(layer: string, size: number, ageMs: number): StorageClass {
  const { transition } = topology.layers[layer];
  const isMoved = transition !== undefined && size >= TIERED_BYTES && ageMs >= transition.afterDays * DAY_MS;
  return isMoved ? "INTELLIGENT_TIERING" : "STANDARD";
}

/** Of uploads to bronze, and of lifecycle, which moves each day what was written in one. */
function requestsOf(objects: readonly Listed[], since: number) {
  let [uploads, transitions] = [0, 0];
  for (const { key, size, modified } of objects) {
    if (modified < since) continue;
    const layer = layerOf(key);
    if (layer === "bronze") uploads += putsFor(size);
    if (layer !== undefined && topology.layers[layer].transition !== undefined && size >= TIERED_BYTES) transitions++;
  }
  return { uploads, transitions };
}

/** A function that the clock starts, and the prefixes that it lists each time. */
interface Scheduled {
  readonly runsPerHour: number;
  readonly lists: readonly string[];
}

/** Functions that every deployment has: what answers requests or reads a stream is there only for who wants it. */
function deployed(functions: Topology["functions"]): number {
  const onRequest = ["request", "stream"];
  return Object.values<AnyFunction>(functions).filter(({ startedBy }) => !onRequest.includes(startedBy.kind)).length;
}

/**
 * The sweep lists what starts the others, their receipts and the contracts; that of the tables batches, its own receipts and what is
 * new in the log; that of detections two logs; any other function lists what it reads.
 */
function scheduledOf(functions: Topology["functions"]): Scheduled[] {
  const started = FUNCTION_IDS.flatMap((id) => [functions[id].startedBy.prefix, functionFolder(functions[id].name)]);
  const { silver, anomalies, contracts, tables } = topology.layers;
  const listed: Readonly<Record<string, readonly string[]>> = {
    sweep: [...started, contracts.prefix],
    detect: [`${tables.prefix}readings/_delta_log/`, `${tables.prefix}detections/_delta_log/`],
    tables: [
      silver.prefix,
      anomalies.prefix,
      functionFolder(functions.tables.name),
      `${tables.prefix}readings/_delta_log/`,
    ],
  };
  return Object.entries<AnyFunction>(functions).flatMap(([id, { startedBy, reads }]) =>
    startedBy.kind === "schedule"
      ? [{ runsPerHour: runsPerHour(startedBy.rate) ?? 0, lists: listed[id] ?? reads }]
      : [],
  );
}

/** LIST requests for all objects under these prefixes. */
function pagesOf(objects: readonly Listed[], prefixes: readonly string[]): number {
  const counts = new Map(prefixes.map((prefix) => [prefix, 0]));
  for (const { key } of objects) {
    for (const [prefix, count] of counts) if (key.startsWith(prefix)) counts.set(prefix, count + 1);
  }
  return [...counts.values()].reduce((sum, count) => sum + Math.max(1, Math.ceil(count / PAGE)), 0);
}

/** A metric is paid for by the hour in which it is sent; those of what the clock starts are, in every one. */
function metricsOf(functions: Topology["functions"], recent: readonly Measured[], hours: number, now: number): number {
  const sent = (id: FunctionId) =>
    new Set(recent.filter((one) => one.function === id).map(({ ended }) => Math.floor((now - ended) / HOUR_MS))).size;
  const share = (id: FunctionId) => Math.min(1, sent(id) / hours);
  const scheduled = Object.values<AnyFunction>(functions).filter(({ startedBy }) => startedBy.kind === "schedule");
  const steady = scheduled.reduce((sum, { metrics }) => sum + metrics, REQUEST_METRICS);
  return FUNCTION_IDS.reduce((sum, id) => sum + functions[id].metrics * share(id), steady);
}
