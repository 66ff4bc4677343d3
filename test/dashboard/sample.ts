import type { BatchDetail, DetectionPage, DeviceDetail } from "../../src/monitor/details.ts";
import type { BatchSummary, Hour, Overview } from "../../src/monitor/overview.ts";
import type { DeviceReport } from "../../src/report/merge.ts";

const TIME = "2026-01-31T12:00:00.000Z";
const ROWS = { in: 1000, silver: 950, anomalies: 48, rejects: 2, blank: 0 };

export function device(index: number, id = `FAB-TEM-${String(index).padStart(3, "0")}`): DeviceReport {
  return {
    device_id: id,
    batches: 3,
    total_readings: 100 + index,
    avg_value: 20 + index / 10,
    min_value: -index,
    max_value: 50.5,
    anomaly_count: index,
    anomaly_percentage: Math.round(index * 10) / 10,
  };
}

export const BATCH: BatchSummary = {
  key: "bronze/day=1/readings.csv",
  function: "bronzeToSilver",
  outcome: "refused",
  ended: TIME,
  duration_ms: 41,
  rows: ROWS,
  devices: 12,
  attempts: 1,
  error: { code: "columns_missing", message: 'Cannot read "bronze/b.csv": no value.', line: 1, column: "value" },
};

const LAYER = { files: 3, bytes: 4096, files_24h: 1, rows_24h: 950, last_write: TIME, lag_seconds: null };
const TOTALS = {
  batches: 3,
  done: 2,
  refused: 1,
  failed: 0,
  rows: ROWS,
  anomaly_percentage: 4.8,
  reject_percentage: 0.2,
  duration_ms: { average: 40, p50: 38, p95: 90 },
};

/** An overview in which everything there can be is there. */
export function overview(over: Partial<Overview> = {}): Overview {
  const devices = Array.from({ length: 40 }, (_, index) => device(40 - index));
  return {
    version: 1,
    lake: "./lake",
    time: TIME,
    health: {
      verdict: "unhealthy",
      percentage: 66.6,
      reasons: [
        {
          code: "dead_letters_open",
          verdict: "unhealthy",
          message: "1 dead letter is open",
          next: "vantageflow dlq list",
        },
      ],
    },
    today: TOTALS,
    last_24h: { ...TOTALS, anomaly_percentage: null, reject_percentage: null, duration_ms: null },
    series: Array.from({ length: 24 }, (_, hour): Hour => {
      const time = new Date(Date.parse(TIME) - (23 - hour) * 3_600_000).toISOString();
      return hour % 5 === 0 ? { time, rows: null, batches: 0, errors: 0 } : { time, rows: ROWS, batches: 1, errors: 0 };
    }),
    layers: {
      bronze: { ...LAYER, lag_seconds: 90 },
      silver: LAYER,
      anomalies: { ...LAYER, last_write: null },
      gold: LAYER,
    },
    work: { waiting: 1, oldest_seconds: 90 },
    ignored: { count: 1, keys: [{ key: "bronze/notes.json", reason: "no trigger takes it" }] },
    dead_letters: {
      open: 1,
      letters: [
        { id: "1c9e", time: TIME, function: "vantageflow-process-iot", key: BATCH.key, code: "empty", message: "m" },
      ],
    },
    devices: {
      total: 40,
      critical: 10,
      critical_devices: devices.slice(0, 10),
      top: devices.slice(0, 10),
      points: devices.map(({ device_id, avg_value, anomaly_percentage }) => {
        return { device_id, avg_value, anomaly_percentage };
      }),
    },
    batches: [BATCH, { ...BATCH, outcome: "done", error: null }],
    alarms: [
      {
        name: "HighErrorRate",
        function: "vantageflow-process-iot",
        state: "ALARM",
        value: 33.3,
        threshold: 5,
        unit: "percent",
        period_seconds: 300,
      },
      {
        name: "CostExceeded",
        function: null,
        state: "OK",
        value: null,
        threshold: 50,
        unit: "USD",
        period_seconds: 86_400,
      },
    ],
    contracts: [
      {
        ...{ name: "station", state: "in_force", waiting: 0, made_otherwise: 3, older_time_zones: 0, complete: true },
        next: "vantageflow run --reprocess bronze/station/",
      },
    ],
    verified: null,
    table: {
      newest: { version: 7, committed: TIME, rows: 12_345, files: 3, bytes: 456_789 },
      problem: null,
      lag: { batches: 2, complete: true, oldest_seconds: 90 },
    },
    detections: {
      newest: { version: 3, readings_version: 6, behind: 1, one_in_days: 30, devices: 64, learned: 60 },
      problem: null,
      last_24h: {
        ...{ detections: 2, muted: 1, devices: 1 },
        by_device: [{ device_id: "FAB-TEM-001", detections: 2, newest: TIME, reason: "spike" }],
      },
      silent: [{ device_id: "FAB-TEM-002", last: TIME, since: TIME }],
    },
    doors: [
      {
        ...{
          door: "http",
          id: "20260101T000000Z-0a1b2c3d",
          place: "POST http://127.0.0.1:4280/v1/readings",
          state: "up",
        },
        ...{ started: TIME, time: TIME, connected: true, readings: 1200, readings_per_second: 12.5 },
        pending: { readings: 125, bytes: 8000, oldest_seconds: 9 },
        lag_seconds: null,
        trouble: null,
      },
    ],
    cost: {
      kind: "estimate",
      region: "us-east-1",
      prices: "2026-01-15",
      services: [
        {
          service: "S3",
          month: 2.3,
          month_free_tier: 0,
          items: [{ name: "Storage", quantity: 100, unit: "GB", price: 0.023, month: 2.3 }],
        },
      ],
      month: 2.3,
      month_free_tier: 0,
    },
    ...over,
  };
}

export function deviceDetail(id: string): DeviceDetail {
  const { device_id, batches, ...statistics } = device(7, id);
  const rejected = { line: 4, column: "value", reason: "value_invalid", message: "no decimal", row: "a,b" };
  return {
    version: 1,
    device: { device_id, batches, ...statistics },
    batches: [{ key: "gold/day=1/readings.csv", written: TIME, ...statistics }],
    readings: { complete: false, points: [{ time: TIME, value: 21.5, anomaly: true, key: "anomalies/b.csv" }] },
    rejects: [{ key: "anomalies/b.rejects.csv", ...rejected }],
  };
}

export function detectionPage(): DetectionPage {
  const found = { value: 44, expected: 20.5, band: [18, 23], once_in_days: 95.5, score: 0.8, detector: 1 } as const;
  return {
    version: 1,
    table_version: 3,
    readings_version: 6,
    complete: false,
    detections: [
      { timestamp: TIME, device_id: "FAB-TEM-001", ...found, reason: "spike", muted: null },
      {
        ...{ timestamp: TIME, device_id: "FAB-TEM-002", ...found, reason: "unusual_time" },
        muted: { id: "6f1d2c3b", who: "Ada", why: "the door stood open" },
      },
    ],
  };
}

export function batchDetail(key: string): BatchDetail {
  const { device_id, batches: _batches, ...statistics } = device(7);
  return {
    version: 1,
    functions: [
      { function: "bronzeToSilver", name: "vantageflow-process-iot", receipt: { version: 1 } },
      { function: "silverToGold", name: "vantageflow-silver-to-gold", receipt: null },
    ],
    contract: {
      read_by: { name: "station", digest: "d".repeat(64) },
      nobody: null,
      made_by: { name: "station", digest: "e".repeat(64), tz: "2026f", records: 10, absent: 2, rules: { range: 1 } },
      changed: true,
      older_time_zones: false,
    },
    objects: [
      { layer: "bronze", key, object: { size: 12, modified: TIME, sha256: null } },
      { layer: "rejects", key: "anomalies/b.rejects.csv", object: null },
    ],
    rejects: {
      total: 1,
      rows: [{ key: "k", line: 2, column: "value", reason: "value_invalid", message: "m", row: "r" }],
    },
    devices: { total: 1, rows: [{ device_id, ...statistics }] },
    dead_letters: [],
  };
}
