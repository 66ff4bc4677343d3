import { functionFolder } from "../ledger/names.ts";
import type { Receipt } from "../ledger/receipts.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";
import { FUNCTION_IDS, type FunctionId, functionNamed, retentionDaysOf, topology } from "../topology.ts";
import type { StorageClass, Stored, Usage } from "./cost.ts";
import { type Invocation, isError } from "./invocation.ts";

/** What a receipt says of the use of AWS: what alarms and cost are made of. */
export interface Measured extends Invocation {
  /** Each is an invocation of Lambda's. */
  readonly attempts: number;
  /** S3 requests of one attempt that are charged as PUT: PUT, POST, LIST. */
  readonly puts: number;
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

/** Requests of a function for one object beside its writes, counted by a test as those in docs/s3.md are. */
const REQUESTS: Readonly<Record<FunctionId, { readonly list: number; readonly get: number }>> = {
  bronzeToSilver: { list: 3, get: 10 },
  silverToGold: { list: 2, get: 12 },
};
/** One line of the function's, with what Powertools adds to it. */
const LOG_LINE_BYTES = 1100;
/** Custom metrics in the lines of a function, the cold starts that Powertools counts included; a test counts them. */
const METRICS = { bronzeToSilver: 8, silverToGold: 6, sweep: 1 } as const;
/** S3's own metrics of requests, of which there are requests: all, GET, PUT, HEAD, LIST, DELETE, bytes, errors, latency. */
const REQUEST_METRICS = 12;
/** What infra/terraform makes; a test counts it. Of a metric that is calculated, each one that goes into it. */
const DEPLOYED = { alarms: 16, dashboards: 1 } as const;
const SWEEPS_PER_HOUR = 60 / Number(/\d+/.exec(topology.sweep.schedule)?.[0]);

/** Null for a receipt of a function that is not the topology's, or without a time. Absurd numbers are cut off. */
export function measure(receipt: Receipt): Measured | null {
  const id = functionNamed(receipt.function);
  const durationMs = within(receipt.duration_ms, 0);
  const ended = Date.parse(receipt.started) + durationMs;
  if (id === null || Number.isNaN(ended)) return null;
  const attempts = within(receipt.attempts, 1);
  return { function: id, ended, durationMs, isError: isError(receipt.outcome), attempts, puts: putsOf(id, receipt) };
}

/** S3 requests, charged as PUT, of one attempt that wrote these outputs. */
function putsOf(id: FunctionId, { outputs }: Receipt): number {
  const writes = outputs.reduce((sum, { size }) => sum + putsFor(within(size, 0)), 0);
  // A file that is refused has a dead letter instead of outputs; both have a receipt.
  return REQUESTS[id].list + 1 + Math.max(1, writes);
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
export function usageOf({ objects, invocations, now }: UsageFacts): Usage {
  const [seen, done] = [[...objects], [...invocations]];
  const hours = Math.min(Math.max(now - firstTime(seen, done, now), HOUR_MS), DAY_MS) / HOUR_MS;
  const since = now - hours * HOUR_MS;
  const recent = done.filter(({ ended }) => ended >= since);
  const sweeps = hours * SWEEPS_PER_HOUR;
  const { uploads, listed, transitions } = requestsOf(seen, since);
  const runs = recent.map((one) => ({ ...one, limits: topology.functions[one.function] }));
  const total = (of: (run: (typeof runs)[number]) => number) =>
    runs.reduce((sum, run) => sum + of(run) * run.attempts, 0);
  const storage = storageOf(seen, since, now);
  const logs = storage.find(({ layer }) => layer === "logs")?.writtenBytes ?? 0;
  const lines = total(() => LOG_LINE_BYTES) + sweeps * LOG_LINE_BYTES;
  // A lake that is processed on AWS has its log in CloudWatch and none in itself.
  const logBytes = Math.max(logs, lines);
  return {
    hours,
    storage,
    requests: {
      put: total(({ puts }) => puts) + uploads + sweeps * listed,
      get: total((run) => REQUESTS[run.function].get),
      transition: transitions,
    },
    invocations: total(() => 1) + sweeps,
    gbSeconds: total(({ durationMs, limits }) => (Math.ceil(durationMs) / 1000) * (limits.memoryMb / 1024)),
    logBytes,
    keptLogBytes: (logBytes * retentionDaysOf(topology.layers.logs) * 24) / hours,
    metrics: metricsOf(recent, hours, now),
    ...DEPLOYED,
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

/** Of uploads to bronze, of one sweep's listings, and of lifecycle, which moves each day what was written in one. */
function requestsOf(objects: readonly Listed[], since: number) {
  const listings = new Map<string, number>();
  for (const { trigger, name } of Object.values(topology.functions)) {
    listings.set(trigger.prefix, 0).set(functionFolder(name), 0);
  }
  let [uploads, transitions] = [0, 0];
  for (const { key, size, modified } of objects) {
    for (const [prefix, count] of listings) if (key.startsWith(prefix)) listings.set(prefix, count + 1);
    if (modified < since) continue;
    const layer = layerOf(key);
    if (layer === "bronze") uploads += putsFor(size);
    if (layer !== undefined && topology.layers[layer].transition !== undefined && size >= TIERED_BYTES) transitions++;
  }
  const pages = [...listings.values()].map((count) => Math.max(1, Math.ceil(count / PAGE)));
  return { uploads, listed: pages.reduce((sum, count) => sum + count, 0), transitions };
}

/** A metric is paid for by the hour in which it is sent. */
function metricsOf(recent: readonly Measured[], hours: number, now: number): number {
  const sent = (id: FunctionId) =>
    new Set(recent.filter((one) => one.function === id).map(({ ended }) => Math.floor((now - ended) / HOUR_MS))).size;
  const share = (id: FunctionId) => Math.min(1, sent(id) / hours);
  const functions = FUNCTION_IDS.map((id) => METRICS[id] * share(id));
  return functions.reduce((sum, count) => sum + count, METRICS.sweep + REQUEST_METRICS);
}
