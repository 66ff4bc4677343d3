import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { billOf, estimateCost, GB, MONTH_HOURS, type Stored, type Usage } from "../../src/cost/cost.ts";
import list from "../../src/cost/prices.us-east-1.json" with { type: "json" };
import { usageOf } from "../../src/cost/usage.ts";
import { topology } from "../../src/topology.ts";

const NOTHING: Usage = {
  hours: MONTH_HOURS,
  storage: [],
  requests: { put: 0, get: 0, transition: 0 },
  invocations: 0,
  gbSeconds: 0,
  logBytes: 0,
  keptLogBytes: 0,
  metrics: 0,
  alarms: 0,
  dashboards: 0,
  shards: 0,
  streamRecords: 0,
  transferOutBytes: 0,
};

const stored = (given: Partial<Stored>): Stored => ({
  layer: "bronze",
  storageClass: "STANDARD",
  objects: 1,
  bytes: 0,
  writtenBytes: 0,
  ...given,
});

const monthOf = (usage: Partial<Usage>) => {
  const { services } = estimateCost({ ...NOTHING, ...usage });
  return Object.fromEntries(services.map(({ service, month }) => [service, month]));
};

/** The service's only item with a quantity. */
function itemOf(usage: Partial<Usage>) {
  const items = estimateCost({ ...NOTHING, ...usage }).services.flatMap((service) => service.items);
  const [item, ...more] = items.filter(({ quantity }) => quantity > 0);
  expect(more).toEqual([]);
  return item;
}

describe("the estimate", () => {
  it("is the customer's production estimate: 100 GB, 10 million requests, 50 GB of logs, 16.67 GB out", () => {
    // It leaves out compute, S3 requests, metrics and alarms, so this usage does too.
    const estimate = estimateCost({
      ...NOTHING,
      storage: [stored({ bytes: 100 * GB })],
      invocations: 10_000_000,
      logBytes: 50 * GB,
      transferOutBytes: 16.67 * GB,
    });
    const cents = estimate.services.map(({ service, month }) => [service, month.toFixed(2)]);
    expect(Object.fromEntries(cents)).toEqual({
      S3: "2.30",
      Lambda: "2.00",
      CloudWatch: "25.00",
      "Data transfer": "1.50",
    });
    expect(estimate.month).toBeCloseTo(30.8, 2);
  });

  it("costs nothing for nothing", () => {
    expect(estimateCost(NOTHING)).toMatchObject({ month: 0, month_free_tier: 0 });
  });

  it("says that it is an estimate, of which prices, and where", () => {
    expect(estimateCost(NOTHING)).toMatchObject({ kind: "estimate", prices: list.date, region: "us-east-1" });
  });

  it.each([
    ["1,000 PUT or LIST requests", { requests: { put: 1000, get: 0, transition: 0 } }, 0.005],
    ["1,000 GET or HEAD requests", { requests: { put: 0, get: 1000, transition: 0 } }, 0.0004],
    ["1,000 lifecycle transitions", { requests: { put: 0, get: 0, transition: 1000 } }, 0.01],
    ["a million GB-seconds on arm64", { gbSeconds: 1_000_000 }, 13.3334],
    ["a GB of logs kept", { keptLogBytes: GB }, 0.03],
    ["a custom metric", { metrics: 1 }, 0.3],
    ["the metric of an alarm", { alarms: 1 }, 0.1],
    ["a dashboard", { dashboards: 1 }, 3],
    ["a GB to the internet", { transferOutBytes: GB }, 0.09],
    ["a shard of a stream", { shards: 1 }, 10.95],
  ] as const)("%s", (_what, usage, usd) => {
    expect(estimateCost({ ...NOTHING, ...usage }).month).toBeCloseTo(usd, 6);
    const { quantity, price, month } = itemOf(usage);
    expect(month).toBeCloseTo(quantity * price, 6);
  });

  it("takes flows to a month's hours, and leaves what there is as it is", () => {
    expect(monthOf({ hours: 1, invocations: 10_000_000 / MONTH_HOURS }).Lambda).toBeCloseTo(2, 6);
    expect(monthOf({ hours: 1, storage: [stored({ bytes: 100 * GB })] }).S3).toBeCloseTo(2.3, 6);
  });

  it("watches objects in Intelligent-Tiering for a fee, at the price of Standard", () => {
    const tiered = stored({ layer: "silver", storageClass: "INTELLIGENT_TIERING", bytes: GB, objects: 2000 });
    expect(monthOf({ storage: [tiered] }).S3).toBeCloseTo(0.023 + 2 * 0.0025, 6);
  });
});

describe("the free tier", () => {
  const free = (usage: Partial<Usage>, month?: number) => estimateCost({ ...NOTHING, ...usage }, month).month_free_tier;

  it.each([
    ["5 GB of Standard, over all layers", { storage: [stored({ bytes: 3 * GB }), stored({ bytes: 3 * GB })] }, 0.023],
    ["2,000 PUT requests", { requests: { put: 3000, get: 0, transition: 0 } }, 0.005],
    ["20,000 GET requests", { requests: { put: 0, get: 21_000, transition: 0 } }, 0.0004],
    ["a million invocations", { invocations: 2_000_000 }, 0.2],
    ["400,000 GB-seconds", { gbSeconds: 1_400_000 }, 13.3334],
    ["5 GB of logs", { logBytes: 6 * GB }, 0.5],
    ["5 GB of logs, what ingestion leaves of it for storage", { logBytes: 4 * GB, keptLogBytes: 2 * GB }, 0.03],
    ["10 metrics", { metrics: 11 }, 0.3],
    ["10 metrics of alarms", { alarms: 12 }, 0.2],
    ["3 dashboards", { dashboards: 4 }, 3],
    ["100 GB to the internet", { transferOutBytes: 101 * GB }, 0.09],
  ] as const)("%s", (_what, usage, usd) => {
    expect(free(usage)).toBeCloseTo(usd, 6);
  });

  it("of S3 ends after twelve months, that of Lambda never", () => {
    const usage = { storage: [stored({ bytes: 5 * GB })], invocations: 1_000_000 };
    expect([12, 13].map((month) => free(usage, month))).toEqual([0, 0.115]);
  });
});

describe("what CostExceeded looks at", () => {
  it("is the estimate with the free tier taken off", () => {
    expect(billOf({ ...NOTHING, hours: 24, dashboards: 5 })).toBe(6);
  });

  it("takes a lake's first hours for its first day: a hundred files at once are no reason for an alarm", () => {
    const young = { ...NOTHING, hours: 1, requests: { put: 24_000, get: 0, transition: 0 } };
    expect(billOf(young)).toBe(estimateCost({ ...young, hours: 24 }).month_free_tier);
    expect(estimateCost(young).month_free_tier).toBeGreaterThan(20 * Number(billOf(young)));
  });

  it("is nothing before a lake is an hour old: a shard that somebody tries for a minute is not kept for a month", () => {
    const key = "bronze/stream/readings/shardId-000000000000/0.csv";
    const [now, minute] = [Date.parse("2026-01-01T00:00:00Z"), 60_000];
    const billAfter = (minutes: number) =>
      billOf(usageOf({ objects: [{ key, size: 100, modified: now - minutes * minute }], invocations: [], now }));
    expect([billAfter(1), billAfter(59)]).toEqual([null, null]);
    expect(billAfter(60)).toBeGreaterThan(10);
  });
});

describe("the price list", () => {
  it("is dated and names the source of every price and allowance", () => {
    expect(list.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    const all: { source: string }[] = [...Object.values(list.prices), ...list.freeTier];
    expect(all.filter(({ source }) => !/^(Amazon|AWS) .+: .+/.test(source))).toEqual([]);
  });

  it("is used whole, and each allowance is one of a price", () => {
    const { services } = estimateCost({
      ...NOTHING,
      shards: 1,
      storage: [stored({}), stored({ layer: "silver", storageClass: "INTELLIGENT_TIERING" })],
    });
    const known = (price: number, unit: string) =>
      services.some(({ items }) => items.some((item) => item.price === price && item.unit === unit));
    expect(Object.values(list.prices).filter(({ price, unit }) => !known(price, unit))).toEqual([]);
    expect(list.freeTier.flatMap(({ of }) => of).filter((id) => !(id in list.prices))).toEqual([]);
  });
});

describe("whatever the usage", () => {
  const amount = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e15, noNaN: true }));
  const usages: fc.Arbitrary<Usage> = fc.record({
    hours: fc.double({ min: 1, max: 24, noNaN: true }),
    storage: fc.array(
      fc.record({
        layer: fc.constantFrom(...Object.keys(topology.layers)),
        storageClass: fc.constantFrom("STANDARD", "INTELLIGENT_TIERING"),
        objects: amount,
        bytes: amount,
        writtenBytes: amount,
      }),
      { maxLength: 8 },
    ),
    requests: fc.record({ put: amount, get: amount, transition: amount }),
    invocations: amount,
    gbSeconds: amount,
    logBytes: amount,
    keptLogBytes: amount,
    metrics: amount,
    alarms: amount,
    dashboards: amount,
    shards: amount,
    streamRecords: amount,
    transferOutBytes: amount,
  });

  it("nothing is negative, and the free tier makes nothing dearer", () => {
    fc.assert(
      fc.property(usages, fc.integer({ min: 1, max: 36 }), (usage, month) => {
        const estimate = estimateCost(usage, month);
        for (const one of [estimate, ...estimate.services]) {
          expect(one.month_free_tier).toBeGreaterThanOrEqual(0);
          expect(one.month_free_tier).toBeLessThanOrEqual(one.month);
        }
        const items = estimate.services.flatMap((service) => service.items);
        expect(items.every(({ month: usd, quantity }) => usd >= 0 && quantity >= 0)).toBe(true);
      }),
    );
  });

  it("more of anything is never cheaper, with or without the free tier", () => {
    const flows = ["invocations", "gbSeconds", "logBytes", "transferOutBytes", "streamRecords"] as const;
    const stocks = ["keptLogBytes", "metrics", "alarms", "dashboards", "shards"] as const;
    fc.assert(
      fc.property(usages, amount, (usage, more) => {
        const { requests, storage } = usage;
        const dearer: Usage[] = [
          ...[...flows, ...stocks].map((name) => ({ ...usage, [name]: usage[name] + more })),
          ...(["put", "get", "transition"] as const).map((name) => ({
            ...usage,
            requests: { ...requests, [name]: requests[name] + more },
          })),
          ...storage.map((one, i) => ({ ...usage, storage: storage.with(i, { ...one, bytes: one.bytes + more }) })),
        ];
        const before = estimateCost(usage);
        for (const one of dearer) {
          const after = estimateCost(one);
          expect(after.month).toBeGreaterThanOrEqual(before.month);
          expect(after.month_free_tier).toBeGreaterThanOrEqual(before.month_free_tier);
        }
      }),
    );
  });
});
