import { topology } from "../topology.ts";
import type { CostEstimate, ServiceCost } from "./estimate.ts";
import list from "./prices.us-east-1.json" with { type: "json" };

/** What a lake uses. Flows were counted over `hours`; everything else is what there is now. */
export interface Usage {
  readonly hours: number;
  /** The lake is younger than an hour: what a month of it costs cannot be told from that. */
  readonly isYoung?: boolean;
  readonly storage: readonly Stored[];
  /** Flows: requests by what S3 charges for them, PUT, COPY, POST and LIST alike. */
  readonly requests: { readonly put: number; readonly get: number; readonly transition: number };
  /** A flow. */
  readonly invocations: number;
  /** A flow. */
  readonly gbSeconds: number;
  /** A flow: bytes that go into CloudWatch Logs. */
  readonly logBytes: number;
  /** Bytes that CloudWatch Logs keeps. */
  readonly keptLogBytes: number;
  /** Custom metrics; one that is sent in half of the hours is half a metric. */
  readonly metrics: number;
  /** Metrics that alarms look at. */
  readonly alarms: number;
  readonly dashboards: number;
  /** Shards of streams, and a flow: their records, taken for one a reading and for at most 25 KB each. */
  readonly shards: number;
  readonly streamRecords: number;
  /** A flow: bytes to the internet. */
  readonly transferOutBytes: number;
}

/** Objects of one layer in one storage class. */
export interface Stored {
  readonly layer: string;
  readonly storageClass: StorageClass;
  readonly objects: number;
  readonly bytes: number;
  /** A flow: how many of the bytes were put there in the usage's hours. */
  readonly writtenBytes: number;
}

export type StorageClass = "STANDARD" | "INTELLIGENT_TIERING";

/** Hours of AWS's month. */
export const MONTH_HOURS = 730;
/** AWS's GB. */
export const GB = 2 ** 30;

type PriceId = keyof typeof list.prices;

interface Item {
  readonly price: PriceId;
  readonly name: string;
  readonly quantity: number;
}

/**
 * What a month of this usage costs in us-east-1 at the prices of prices.us-east-1.json. `month` counts from the opening
 * of the account: some of AWS's free tier ends after the twelfth. Every price is that of its first tier, so a usage of
 * 50 TB or billions of GB-seconds is estimated too high. docs/monitoring.md says what is not in it.
 */
export function estimateCost(usage: Usage, month = 1): CostEstimate {
  const items = itemsOf(usage);
  const free = freeQuantities(Object.values(items).flat(), month);
  const services = Object.entries(items).map(([service, of]) =>
    serviceCost(service as ServiceCost["service"], of, free),
  );
  return {
    kind: "estimate",
    region: list.region,
    prices: list.date,
    services,
    month: dollars(services.map((one) => one.month)),
    month_free_tier: dollars(services.map((one) => one.month_free_tier)),
  };
}

/**
 * What CostExceeded looks at, as near to AWS's bill as an estimate comes: the free tier is taken off, and the first day of
 * a lake counts as a whole one, so that the files of its first hour are not taken for a month of such hours. Null before that hour is
 * over: what somebody tries for a minute, a shard of a stream above all, is not kept for a month.
 */
export function billOf(usage: Usage): number | null {
  if (usage.isYoung === true) return null;
  return estimateCost({ ...usage, hours: Math.max(24, usage.hours) }).month_free_tier;
}

function itemsOf(usage: Usage): Partial<Record<ServiceCost["service"], readonly Item[]>> {
  const perMonth = (flow: number) => (flow * MONTH_HOURS) / usage.hours;
  const { put, get, transition } = usage.requests;
  const tiered = usage.storage.filter(({ storageClass }) => storageClass === "INTELLIGENT_TIERING");
  // S3 watches no object that is smaller; `usageOf` leaves those in Standard, as lifecycle does.
  const monitored = tiered.reduce((sum, { objects }) => sum + objects, 0);
  return {
    S3: [
      ...usage.storage.map(storageItem),
      { price: "s3.monitoring", name: "Intelligent-Tiering monitoring", quantity: monitored / 1000 },
      { price: "s3.put", name: "PUT and LIST requests", quantity: perMonth(put) / 1000 },
      { price: "s3.get", name: "GET and HEAD requests", quantity: perMonth(get) / 1000 },
      { price: "s3.transition", name: "lifecycle transitions", quantity: perMonth(transition) / 1000 },
    ],
    Lambda: [
      { price: "lambda.requests", name: "invocations", quantity: perMonth(usage.invocations) / 1_000_000 },
      { price: "lambda.arm64", name: "compute, arm64", quantity: perMonth(usage.gbSeconds) },
    ],
    CloudWatch: [
      { price: "logs.ingestion", name: "logs, ingestion", quantity: perMonth(usage.logBytes) / GB },
      { price: "logs.storage", name: "logs, storage", quantity: usage.keptLogBytes / GB },
      { price: "metrics", name: "custom metrics", quantity: usage.metrics },
      { price: "alarms", name: "alarms", quantity: usage.alarms },
      { price: "dashboards", name: "dashboards", quantity: usage.dashboards },
    ],
    ...(usage.shards === 0 ? {} : { Kinesis: kinesisItems(usage, perMonth) }),
    "Data transfer": [
      { price: "transfer.out", name: "out to the internet", quantity: perMonth(usage.transferOutBytes) / GB },
    ],
  };
}

function kinesisItems({ shards, streamRecords }: Usage, perMonth: (flow: number) => number): readonly Item[] {
  return [
    { price: "kinesis.shard", name: "shards", quantity: shards * MONTH_HOURS },
    { price: "kinesis.put", name: "records", quantity: perMonth(streamRecords) / 1_000_000 },
  ];
}

function storageItem({ layer, storageClass, bytes }: Stored): Item {
  const { prefix } = topology.layers[layer];
  return storageClass === "STANDARD"
    ? { price: "s3.standard", name: `${prefix} in Standard`, quantity: bytes / GB }
    : { price: "s3.intelligentTiering", name: `${prefix} in Intelligent-Tiering`, quantity: bytes / GB };
}

/** How much of each price is free: an allowance of several goes to the first of them, what is left to the next. */
function freeQuantities(items: readonly Item[], month: number): ReadonlyMap<PriceId, number> {
  const used = new Map<PriceId, number>();
  for (const { price, quantity } of items) used.set(price, (used.get(price) ?? 0) + quantity);
  const free = new Map<PriceId, number>();
  for (const { of, quantity, months } of list.freeTier) {
    if (months !== null && month > months) continue;
    let left = quantity;
    for (const price of of as PriceId[]) {
      const taken = Math.min(left, used.get(price) ?? 0);
      free.set(price, taken);
      left -= taken;
    }
  }
  return free;
}

/** The free tier is taken off the service's items of a price together. */
function serviceCost(
  service: ServiceCost["service"],
  items: readonly Item[],
  free: ReadonlyMap<PriceId, number>,
): ServiceCost {
  const ids = [...new Set(items.map(({ price }) => price))];
  const quantityOf = (id: PriceId) =>
    items.reduce((sum, { price, quantity }) => (price === id ? sum + quantity : sum), 0);
  return {
    service,
    month: dollars(ids.map((id) => quantityOf(id) * list.prices[id].price)),
    month_free_tier: dollars(
      ids.map((id) => Math.max(0, quantityOf(id) - (free.get(id) ?? 0)) * list.prices[id].price),
    ),
    items: items.map(({ price: id, name, quantity }) => {
      const { price, unit } = list.prices[id];
      return { name, quantity, unit, price, month: dollars([quantity * price]) };
    }),
  };
}

/** A sum to the millionth of a dollar. */
function dollars(amounts: readonly number[]): number {
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  return Math.round(sum * 1e6) / 1e6;
}
