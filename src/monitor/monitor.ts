import { billOf, estimateCost } from "../cost/cost.ts";
import { usageOf } from "../cost/usage.ts";
import { VantageflowError } from "../errors.ts";
import { DEFAULT_SETTINGS } from "../pipeline/settings.ts";
import { isAllRejected } from "../report/rejects.ts";
import type { LeftBehind } from "../streams/left-segments.ts";
import { evaluateAlarms } from "./alarms.ts";
import { type Batch, batchesOf, batchPage, summaryOf } from "./batches.ts";
import { type CollectorOptions, createCollector } from "./collect.ts";
import { contractStates } from "./contract-states.ts";
import { batchDetail, type DetailFacts, deviceDetail } from "./detail.ts";
import type {
  BatchDetail,
  BatchPage,
  BatchQuery,
  DetectionPage,
  DetectionQuery,
  DeviceDetail,
  DevicePage,
  DeviceQuery,
} from "./details.ts";
import { detectionPage } from "./detection-page.ts";
import { devicePage, devicesOf } from "./devices.ts";
import { doorOverview } from "./doors.ts";
import { measuredOf } from "./ended.ts";
import type { Facts } from "./facts.ts";
import { healthOf } from "./health.ts";
import { layersOf, objectsOf, oldestSeconds } from "./layers.ts";
import type { Overview } from "./overview.ts";
import { lastDay, seriesOf, today, totalsOf } from "./totals.ts";

/** What is to be seen of a lake, read as little as can be. It never writes. */
export interface Monitor {
  /** Looks at the lake again; calls that come while one looks share its answer. Throws `storage_failed`. */
  refresh(): Promise<Overview>;
  /** From the last refresh; nothing before the first. */
  devices(query: DeviceQuery): DevicePage;
  /** From the last refresh; nothing before the first. */
  batches(query: BatchQuery): BatchPage;
  /** Without a look at the lake. See `detectionPage`. */
  detections(query: DetectionQuery): Promise<DetectionPage | null>;
  /** Null for a device that is in no gold. Throws `storage_failed`. */
  device(id: string): Promise<DeviceDetail | null>;
  /** By any key of the batch; null where there is no trace of one. Throws `storage_failed`. */
  batch(key: string): Promise<BatchDetail | null>;
}

export interface MonitorOptions extends Omit<CollectorOptions, "reach"> {
  /** `day` for an overview alone: the receipts of batches that no figure of it is about are not read, and not listed. */
  readonly reach?: CollectorOptions["reach"] | undefined;
  /** Whether the lake is at its place. Once it was, its place without it is no empty lake but a failure. */
  readonly isThere?: () => boolean;
  /** What processes that took readings live have left and nobody brings into bronze, where that can be seen; `now` in milliseconds. */
  readonly leftBehind?: (now: number) => Promise<readonly LeftBehind[]>;
  /** The threshold that gold is made with; unless given, the default. */
  readonly anomalyThreshold?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createMonitor(options: MonitorOptions): Monitor {
  const {
    storage,
    failures,
    versions,
    now,
    reach = "all",
    isThere = () => true,
    leftBehind = async () => [],
  } = options;
  const { anomalyThreshold = DEFAULT_SETTINGS.anomalyThreshold } = options;
  const collector = createCollector({ storage, failures, versions, reach });
  let seen: Pick<DetailFacts, "batches" | "devices" | "letters"> | null = null;
  let looking: Promise<Overview> | null = null;
  let wasThere = isThere();

  async function look(): Promise<Overview> {
    const facts = await collector.collect(now());
    checkPresence();
    const batches = batchesOf(facts.receipts, facts.time);
    seen = { batches, devices: facts.devices, letters: facts.letters };
    return overviewOf(facts, batches, await leftBehind(facts.time));
  }

  /** After the listings: what was removed under them is not half a lake either. */
  function checkPresence(): void {
    const isHere = isThere();
    if (wasThere && !isHere) {
      const why = "it was there and is gone. Bring it back, or start again with another";
      throw new VantageflowError("storage_failed", `Cannot look at "${storage.url}": ${why}.`);
    }
    wasThere = isHere;
  }

  async function source(): Promise<DetailFacts> {
    if (seen === null) await refresh();
    return { storage, anomalyThreshold, gold: collector.gold, batches: [], devices: [], letters: [], ...seen };
  }

  function refresh(): Promise<Overview> {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  }

  return {
    refresh,
    devices: (query) => devicePage(seen?.devices ?? [], query),
    batches: (query) => batchPage(seen?.batches ?? [], query),
    detections: (query) => detectionPage(storage, query),
    device: async (id) => deviceDetail(await source(), id),
    batch: async (key) => batchDetail(await source(), key),
  };
}

const MAX_LISTED = 100;
const MAX_BATCHES = 50;

/** What the facts come to: no clock and no lake, but what they say. `batches` are theirs, `left` is what is on this machine. */
function overviewOf(facts: Facts, batches: readonly Batch[], left: readonly LeftBehind[]): Overview {
  const { time } = facts;
  const recent = lastDay(batches, time);
  const last_24h = totalsOf(recent);
  const work = { waiting: facts.work.length, oldest_seconds: oldestSeconds(objectsOf(facts.work), time) };
  const devices = devicesOf(facts.devices);
  const doors = facts.doors.map((door) => doorOverview(door, time));
  const invocations = facts.receipts.map((receipt) => measuredOf(receipt, time));
  const usage = usageOf({ objects: Object.values(facts.objects).flat(), invocations, now: time });
  const alarms = evaluateAlarms({ invocations, oldestWorkSeconds: work.oldest_seconds, monthUsd: billOf(usage) }, time);
  return {
    version: 1,
    lake: facts.lake,
    time: new Date(time).toISOString(),
    health: healthOf(facts.lake, {
      lastDay: last_24h,
      allRejected: recent.filter(({ rows }) => isAllRejected(rows)),
      unterminated: recent.filter(({ isUnterminated }) => isUnterminated).map(({ key }) => key),
      work,
      outdated: facts.outdated.length,
      openLetters: facts.letters.length,
      orphans: facts.orphans,
      verified: facts.verified,
      time,
      ignored: facts.ignored,
      contracts: facts.contracts,
      table: facts.table,
      detections: facts.detections,
      doors,
      left,
      devices,
      alarms,
    }),
    today: totalsOf(today(batches, time)),
    last_24h,
    series: seriesOf(batches, time),
    layers: layersOf(facts, recent),
    work,
    ignored: { count: facts.ignored.length, keys: facts.ignored.slice(0, MAX_LISTED) },
    dead_letters: { open: facts.letters.length, letters: facts.letters.slice(0, MAX_LISTED) },
    devices,
    batches: batches.slice(0, MAX_BATCHES).map(summaryOf),
    alarms,
    cost: estimateCost(usage),
    contracts: contractStates(facts.lake, facts.contracts).slice(0, MAX_LISTED),
    verified: facts.verified,
    table: facts.table,
    detections: facts.detections,
    doors,
  };
}
