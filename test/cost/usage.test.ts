import { describe, expect, it } from "vitest";
import { type Measured, measure, usageOf } from "../../src/cost/usage.ts";
import { batchLine, type LogLine, sweepLine } from "../../src/functions/log.ts";
import { NO_ROWS, type Receipt } from "../../src/ledger/receipts.ts";
import { FUNCTION_IDS, type FunctionId, topology } from "../../src/topology.ts";
import { type Block, configuration, locals, nested, resource } from "../infra/configuration.ts";
import { THIRD, withThird } from "../third-function.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const [HOUR, DAY] = [3_600_000, 86_400_000];
const MIB = 1024 * 1024;

const receipt = (given: Partial<Receipt> = {}): Receipt => ({
  version: 2,
  function: "vantageflow-process-iot",
  source: { key: "bronze/b.csv", token: "t", size: 100, sha256: null },
  outcome: "done",
  code: "1.0.0",
  outputs: [
    { key: "anomalies/b.csv", size: 50, sha256: "" },
    { key: "silver/b.csv", size: 50, sha256: "" },
  ],
  attempts: 1,
  started: new Date(NOW - HOUR).toISOString(),
  duration_ms: 100,
  error: null,
  split: { anomaly_threshold: 0.5, rows: NO_ROWS, devices: 0 },
  ...given,
});

function measured(given: Partial<Receipt> = {}): Measured {
  const found = measure(receipt(given));
  if (found === null) throw new Error("the receipt counts for nothing");
  return found;
}

const object = (key: string, size: number, ageMs = 0) => ({ key, size, modified: NOW - ageMs });
/** An old object, so that the lake is older than a day. */
const OLD = object("bronze/old.csv", 1, 20 * DAY);
const usage = (objects: ReturnType<typeof object>[], invocations: Measured[] = []) =>
  usageOf({ objects, invocations, now: NOW });

describe("a stream", () => {
  const batch = (shard: number, ageMs: number) =>
    object(`bronze/stream/line/shardId-00000000000${shard}/7.csv`, 10, ageMs);

  it("has the shards that wrote in the last hour in which one did, its readings for records, and a function for its batches", () => {
    const rows = { ...NO_ROWS, in: 500 };
    const split = { anomaly_threshold: 0.5, rows, devices: 1 };
    const source = { key: "bronze/stream/line/shardId-000000000000/7.csv", token: "t", size: 10, sha256: null };
    const none = usage(
      [OLD, object("bronze/stream/http/20260301T000000Z-00000000/0.csv", 10, HOUR)],
      [measured({ split })],
    );
    expect([none.shards, none.streamRecords]).toEqual([0, 0]);
    const objects = [OLD, batch(0, 3 * HOUR), batch(1, 5 * HOUR), batch(2, 3.5 * HOUR), batch(3, 30 * HOUR)];
    const used = usage(objects, [measured({ source, split })]);
    expect([used.shards, used.streamRecords]).toEqual([2, 500]);
    const without = usage(
      objects.map((one) => ({ ...one, key: one.key.replace("shardId-", "x") })),
      [measured({ source, split })],
    );
    const more = (of: (one: typeof used) => number) => of(used) - of(without);
    expect([more((one) => one.invocations), more((one) => one.requests.put), more((one) => one.requests.get)]).toEqual([
      3, 3, 6,
    ]);
  });
});

describe("a receipt", () => {
  it("is an invocation that ended when it says", () => {
    expect(measured()).toMatchObject({ function: "bronzeToSilver", ended: NOW - HOUR + 100, durationMs: 100 });
    const outcomes = (["done", "refused", "failed", "not_rebuildable"] as const).map(
      (outcome) => measured({ outcome }).isError,
    );
    expect(outcomes).toEqual([false, true, true, false]);
  });

  it("of another function, or without a time, counts for nothing", () => {
    expect(measure(receipt({ function: "somebody-else" }))).toBeNull();
    expect(measure(receipt({ started: "yesterday" }))).toBeNull();
  });

  it("with absurd numbers makes nothing negative or endless", () => {
    const outputs = [{ key: "silver/b.csv", size: -1e300, sha256: "" }];
    const odd = measured({ duration_ms: 1e308, attempts: -5, outputs });
    const { gbSeconds, requests, invocations } = usage([OLD], [{ ...odd, ended: NOW }]);
    expect([gbSeconds, requests.put, requests.get, invocations].every((one) => Number.isFinite(one) && one > 0)).toBe(
      true,
    );
    expect(measured({ duration_ms: -5 }).durationMs).toBe(0);
  });

  it("stands for a request per 5 MiB of an output, and three around them", () => {
    const sized = (size: number) => measured({ outputs: [{ key: "silver/b.csv", size, sha256: "" }] }).puts;
    expect([sized(5 * MIB), sized(5 * MIB + 1), sized(50 * MIB)].map((puts) => puts - sized(1))).toEqual([0, 4, 12]);
  });
});

describe("the use of AWS", () => {
  it("is that of the last 24 hours", () => {
    const recent = measured();
    const before = measured({ started: new Date(NOW - DAY - 101).toISOString() });
    const { hours, invocations } = usage([OLD], [recent, before]);
    // The sweep starts every 15 minutes, that of the table and the detections every 5.
    expect([hours, invocations]).toEqual([24, 1 + 96 + 2 * 288]);
  });

  it("of a younger lake is that of its age, but of an hour at least", () => {
    expect(usage([object("bronze/b.csv", 1, 6 * HOUR)]).hours).toBe(6);
    expect(usage([object("bronze/b.csv", 1, 60_000)]).hours).toBe(1);
    expect(usage([]).hours).toBe(1);
    expect(usage([object("bronze/b.csv", 1, -HOUR)]).hours).toBe(1);
  });

  it("has every attempt as an invocation, its time rounded up to a millisecond of the function's memory", () => {
    const idle = usage([OLD]);
    const busy = usage([OLD], [measured({ attempts: 3, duration_ms: 100.2 })]);
    expect(busy.invocations - idle.invocations).toBe(3);
    expect(busy.gbSeconds - idle.gbSeconds).toBeCloseTo(
      (3 * 0.101 * topology.functions.bronzeToSilver.memoryMb) / 1024,
    );
  });

  it("has bytes per layer, in the class where lifecycle has put them: old silver of 128 KiB and more is tiered", () => {
    const { storage, requests } = usage([
      object("bronze/a.csv", 300_000, 29 * DAY),
      object("silver/a.csv", 128 * 1024, 31 * DAY),
      object("silver/b.csv", 128 * 1024 - 1, 31 * DAY),
      object("silver/c.csv", 200_000, HOUR),
      object("receipts/vantageflow-process-iot/c.csv/t.json", 700, HOUR),
      object("elsewhere/x", 1e9, HOUR),
    ]);
    expect(storage.map((one) => [one.layer, one.storageClass, one.objects, one.bytes, one.writtenBytes])).toEqual([
      ["bronze", "STANDARD", 1, 300_000, 0],
      ["silver", "INTELLIGENT_TIERING", 1, 131_072, 0],
      ["silver", "STANDARD", 2, 331_071, 200_000],
      ["receipts", "STANDARD", 1, 700, 700],
    ]);
    expect(requests.transition).toBe(1);
  });

  it("has an upload's requests, and the pages that each sweep lists", () => {
    const upload = usage([OLD, object("bronze/b.csv", 1, HOUR)]).requests.put - usage([OLD]).requests.put;
    expect(upload).toBe(1);
    // Five listings, of one page at least, 96 times a day; a thousand and one objects are two pages. The sync of the table has four, the detections two.
    expect(usage([OLD]).requests.put).toBe(5 * 96 + 6 * 288);
    const many = Array.from({ length: 1000 }, (_, i) => object(`bronze/${i}.csv`, 1, 5 * DAY));
    expect(usage([OLD, ...many]).requests.put).toBe(6 * 96 + 6 * 288);
  });

  it("has what another function of the clock's lists, and its metrics; it is no work of the sweep's", () => {
    const objects = [OLD, ...Array.from({ length: 1001 }, (_, i) => object(`silver/${i}.csv`, 1, 5 * DAY))];
    const facts = { objects, invocations: [], now: NOW };
    const [before, after] = [usageOf(facts), usageOf(facts, withThird())];
    // Once an hour two pages of silver; the sweep's listings are those that they were.
    expect(after.requests.put - before.requests.put).toBe(24 * 2);
    expect([after.invocations - before.invocations, after.metrics - before.metrics]).toEqual([24, THIRD.metrics]);
    expect(after.alarms - before.alarms).toBe(4);
  });

  it("has the bytes of logs/, or a line per invocation where the log is elsewhere, kept for a week", () => {
    const logged = usage([OLD, object("logs/a.jsonl", 5_000_000, HOUR), object("logs/b.jsonl", 7, 2 * DAY)]);
    expect([logged.logBytes, logged.keptLogBytes]).toEqual([5_000_000, 35_000_000]);
    expect(usage([OLD], [measured()]).logBytes).toBeGreaterThan(usage([OLD]).logBytes);
  });

  it("has a function's metrics for the hours in which it ran, beside those of what the clock starts and S3's 12", () => {
    const at = (hours: number) => measured({ started: new Date(NOW - hours * HOUR).toISOString() });
    expect(usage([OLD]).metrics).toBe(19);
    expect(usage([OLD], [at(1.5), at(1.6), at(3.5)]).metrics).toBeCloseTo(19 + (2 / 24) * 8);
    const always = Array.from({ length: 24 }, (_, hour) => at(hour + 0.5));
    expect(usage([OLD], always).metrics).toBe(27);
  });
});

describe("the figures that it is made of", () => {
  it("the metrics are those in the functions' lines, and Powertools' count of cold starts", () => {
    const namesIn = (line: LogLine) =>
      (line._aws as { CloudWatchMetrics: [{ Metrics: unknown[] }] }).CloudWatchMetrics[0].Metrics.length;
    const result = {
      key: "bronze/b.csv",
      outcome: "done",
      rows: NO_ROWS,
      devices: 1,
      outputs: [],
      durationMs: 1,
      error: null,
    } as const;
    const lines = (id: FunctionId) => batchLine({ function: id, stage: "dev" }, result, NOW);
    const always = (fn: string) =>
      Array.from({ length: 24 }, (_, h) =>
        measured({ function: fn, started: new Date(NOW - (h + 0.5) * HOUR).toISOString() }),
      );
    expect(namesIn(sweepLine({ function: "sweep", stage: "dev" }, 0, 0, NOW))).toBe(1);
    expect(configuration.variable.s3_request_metrics[0].default).toBe(true);
    for (const id of FUNCTION_IDS) {
      const { metrics } = usage([OLD], always(topology.functions[id].name));
      expect(metrics - usage([OLD]).metrics).toBe(namesIn(lines(id)) + 1);
    }
  });

  it("a line of the log is about as long as is assumed, Powertools' fields beside ours", () => {
    const result = {
      key: "bronze/line-3/readings_20260301_120000.csv",
      outcome: "done",
      rows: { in: 1000, silver: 950, anomalies: 48, rejects: 2, blank: 0 },
      devices: 12,
      outputs: [],
      durationMs: 41,
      error: null,
    } as const;
    const line = JSON.stringify(batchLine({ function: "bronzeToSilver", stage: "prod" }, result, NOW));
    const { logBytes } = usage([OLD], [measured()]);
    const assumed = logBytes - usage([OLD]).logBytes;
    expect(line.length).toBeLessThan(assumed);
    expect(line.length).toBeGreaterThan(assumed / 2);
  });

  it("the alarms and dashboards are those that Terraform makes, its functions are of Arm, and a sweep is one function", () => {
    // What answers requests or reads a stream is there only for who wants it.
    const onRequest = ["request", "stream"];
    const functions = Object.values(topology.functions).filter(
      ({ startedBy }) => !onRequest.includes(startedBy.kind),
    ).length;
    const counts: Readonly<Record<string, number>> = {
      "${local.functions}": functions,
      "${local.unwanted_alarms}": functions * Object.keys(locals.unwanted as object).length,
      "${merge(local.triggered, local.requested)}": FUNCTION_IDS.length,
    };
    // A rule of IoT Core is there for who wants that, too.
    const unwanted = Object.keys(locals.stream_unwanted as object).filter((name) => name !== "RuleFailures").length;
    const streamed: Readonly<Record<string, number>> = {
      "${local.functions}": 1,
      "${local.streamed}": 1,
      "${local.unwanted_alarms}": unwanted,
    };
    const metricsOf = (alarm: Block) =>
      Math.max(1, nested(alarm, "metric_query").filter(({ metric }) => metric !== undefined).length);
    const all = Object.values(configuration.resource.aws_cloudwatch_metric_alarm);
    const ofStream = all.reduce((sum, [alarm]) => {
      const count = String(alarm.count).includes("var.stream ? 1 : 0") ? 1 : (streamed[String(alarm.for_each)] ?? 0);
      return sum + metricsOf(alarm) * count;
    }, 0);
    const batch = object("bronze/stream/readings/shardId-000000000000/0.csv", 1);
    expect(usage([batch]).alarms - usage([]).alarms).toBe(ofStream);
    const alarms = all.map(([alarm]) => {
      const metrics = metricsOf(alarm);
      const isExtra = /var\.api \?|var\.stream \?|local\.stream|local\.replication/.test(
        `${alarm.count} ${alarm.for_each}`,
      );
      if (isExtra) return 0;
      return Math.max(1, metrics) * (alarm.for_each === undefined ? 1 : counts[String(alarm.for_each)]);
    });
    expect(usage([]).alarms).toBe(alarms.reduce((sum, count) => sum + count, 0));
    expect(usage([]).dashboards).toBe(Object.keys(configuration.resource.aws_cloudwatch_dashboard).length);
    expect(resource("aws_lambda_function", "pipeline").architectures).toEqual(["arm64"]);
  });
});
