import { describe, expect, it } from "vitest";
import { estimateCost, GB, MONTH_HOURS, type Stored, type Usage } from "../../src/cost/cost.ts";
import { projectCost } from "../../src/cost/projection.ts";
import { retentionDaysOf, topology } from "../../src/topology.ts";

const usage = (...storage: Stored[]): Usage => ({
  hours: 24,
  storage,
  requests: { put: 10, get: 10, transition: 0 },
  invocations: 10,
  gbSeconds: 1,
  logBytes: 1000,
  keptLogBytes: 7000,
  metrics: 1,
  alarms: 1,
  dashboards: 1,
  shards: 0,
  streamRecords: 0,
  transferOutBytes: 0,
});

const bronze = (bytes: number, writtenBytes: number): Stored => ({
  layer: "bronze",
  storageClass: "STANDARD",
  objects: 1,
  bytes,
  writtenBytes,
});

const storedGb = (given: Usage, months: number) =>
  projectCost(given, months).map(({ storedBytes }) => storedBytes / GB);

const MONTH_DAYS = MONTH_HOURS / 24;
const { bronze: bronzeLayer, silver: silverLayer } = topology.layers;

describe("the projection", () => {
  it("grows by what is written in a day, until as much expires: retention, and the versions after it", () => {
    const [first, second, ...rest] = storedGb(usage(bronze(0, GB)), 6);
    expect(first).toBeCloseTo(MONTH_DAYS / 2);
    expect(second).toBeCloseTo(MONTH_DAYS * 1.5);
    expect(rest).toEqual([60, 60, 60, 60]);
    expect(retentionDaysOf(bronzeLayer) + bronzeLayer.noncurrentDays).toBe(60);
  });

  it("takes what was written in fewer hours as a day's share", () => {
    const [third] = storedGb({ ...usage(bronze(0, GB)), hours: 1 }, 3).slice(2);
    expect(third).toBe(60 * 24);
  });

  it("never falls below what there is, and counts a layer's classes together", () => {
    expect(storedGb(usage(bronze(100 * GB, GB)), 2)).toEqual([100, 100]);
    expect(storedGb(usage(bronze(100 * GB, 0)), 2)).toEqual([100, 100]);
    const tiered: Stored = {
      layer: "silver",
      storageClass: "INTELLIGENT_TIERING",
      objects: 1,
      bytes: 20 * GB,
      writtenBytes: 0,
    };
    const standard: Stored = { ...tiered, storageClass: "STANDARD", bytes: 0, writtenBytes: GB };
    const days = retentionDaysOf(silverLayer) + silverLayer.noncurrentDays;
    expect(storedGb(usage(tiered, standard), 6).at(-1)).toBeCloseTo(days);
  });

  it("never stops growing where nothing expires by age", () => {
    for (const layer of ["contracts", "tables", "state"]) {
      const grown = storedGb(usage({ ...bronze(0, GB), layer }), 120);
      expect(grown.at(-1)).toBeCloseTo(MONTH_DAYS * 119.5);
      expect(storedGb(usage({ ...bronze(GB, 0), layer }), 2)).toEqual([1, 1]);
    }
  });

  it("leaves everything but storage as it is, and S3's free tier ends after the twelfth month", () => {
    const given = usage(bronze(4 * GB, 0));
    const months = projectCost(given, 13);
    expect(months.map(({ month }) => month)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    expect(new Set(months.map(({ estimate }) => estimate.month))).toEqual(new Set([estimateCost(given).month]));
    const s3 = (month: number) => months[month - 1].estimate.services.find(({ service }) => service === "S3");
    expect([s3(12)?.month_free_tier, s3(13)?.month_free_tier]).toEqual([0, s3(1)?.month]);
  });
});
