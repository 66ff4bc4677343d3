import type * as Shape from "../monitor/overview.ts";
import type { Fault } from "../pipeline/receipts.ts";
import type { RowCounts } from "../pipeline/scanner.ts";
import type { DeviceReport } from "../report/merge.ts";
import { FUNCTION_IDS } from "../topology.ts";
import type { Verification } from "../verify/record.ts";
import {
  count,
  dollars,
  firstVersion,
  list,
  lookedAt,
  milliseconds,
  number,
  object,
  oneOf,
  orNull,
  percentage,
  ref,
  type Schema,
  type SchemaName,
  seconds,
  text,
  time,
  upTo,
} from "./schema.ts";

const functionId = oneOf(...FUNCTION_IDS);
const outcome = oneOf("done", "refused", "failed");
const statistics = {
  total_readings: count,
  avg_value: number,
  min_value: number,
  max_value: number,
  anomaly_count: count,
  anomaly_percentage: percentage,
};

const layer = object<Shape.LayerState>({
  files: count,
  bytes: count,
  files_24h: count,
  rows_24h: count,
  last_write: orNull(time),
  lag_seconds: orNull(seconds),
});

const lake = {
  Overview: object<Shape.Overview>({
    version: firstVersion,
    lake: text,
    time: lookedAt,
    health: ref("Health"),
    today: ref("Totals"),
    last_24h: ref("Totals"),
    series: { ...upTo(24, ref("Hour")), minItems: 24 },
    layers: ref("Layers"),
    work: object<Shape.Overview["work"]>({ waiting: count, oldest_seconds: orNull(seconds) }),
    ignored: object<Shape.Overview["ignored"]>({
      count,
      keys: upTo(100, object<Shape.Overview["ignored"]["keys"][number]>({ key: text, reason: text })),
    }),
    dead_letters: object<Shape.Overview["dead_letters"]>({ open: count, letters: upTo(100, ref("OpenLetter")) }),
    devices: ref("Devices"),
    batches: upTo(50, ref("BatchSummary")),
    alarms: list(ref("AlarmState")),
    cost: ref("CostEstimate"),
    verified: orNull(ref("Verification")),
  }),
  Health: object<Shape.Health>({
    verdict: oneOf("healthy", "degraded", "unhealthy"),
    percentage,
    reasons: list(
      object<Shape.Reason>({
        code: oneOf(
          "dead_letters_open",
          "work_overdue",
          "alarm",
          "verify_found_damage",
          "outputs_orphaned",
          "receipts_outdated",
          "devices_critical",
          "all_rows_rejected",
          "rows_rejected",
          "last_line_unterminated",
          "objects_ignored",
        ),
        verdict: oneOf("degraded", "unhealthy"),
        message: text,
        next: text,
      }),
    ),
  }),
  Totals: object<Shape.Totals>({
    batches: count,
    done: count,
    refused: count,
    failed: count,
    rows: ref("RowCounts"),
    anomaly_percentage: orNull(percentage),
    reject_percentage: orNull(percentage),
    duration_ms: orNull(
      object<Shape.Durations>({
        average: milliseconds,
        p50: milliseconds,
        p95: milliseconds,
      }),
    ),
  }),
  Hour: object<Shape.Hour>({ time, rows: orNull(ref("RowCounts")), batches: count, errors: count }),
  Layers: object<Shape.Overview["layers"]>({ bronze: layer, silver: layer, anomalies: layer, gold: layer }),
  OpenLetter: object<Shape.OpenLetter>({
    id: text,
    time,
    function: text,
    key: orNull(text),
    code: text,
    message: text,
  }),
  AlarmState: object<Shape.AlarmState>({
    name: oneOf("HighErrorRate", "HighDuration", "CostExceeded", "WorkOverdue"),
    function: orNull(text),
    state: oneOf("OK", "ALARM"),
    value: orNull(number),
    threshold: number,
    unit: oneOf("percent", "milliseconds", "USD", "seconds"),
    period_seconds: count,
  }),
  Verification: object<Verification>({
    time,
    code: text,
    prefix: orNull(text),
    counts: object<Verification["counts"]>({
      intact: count,
      changed: count,
      missing: count,
      orphaned: count,
      unknown: count,
      stale: count,
    }),
    failed: count,
  }),
  CostEstimate: object<Shape.CostEstimate>({
    kind: { const: "estimate" },
    region: text,
    prices: { ...text, description: "The day of the price list." },
    services: list(
      object<Shape.ServiceCost>({
        service: oneOf("S3", "Lambda", "CloudWatch", "Data transfer"),
        month: dollars,
        month_free_tier: dollars,
        items: list(
          object<Shape.ServiceCost["items"][number]>({
            name: text,
            quantity: number,
            unit: text,
            price: dollars,
            month: dollars,
          }),
        ),
      }),
    ),
    month: dollars,
    month_free_tier: dollars,
  }),
} as const;

const device = {
  Devices: object<Shape.Devices>({
    total: count,
    critical: count,
    critical_devices: upTo(20, ref("DeviceReport")),
    top: upTo(10, ref("DeviceReport")),
    points: upTo(
      500,
      object<Shape.DevicePoint>({ device_id: text, avg_value: number, anomaly_percentage: percentage }),
    ),
  }),
  DeviceReport: object<DeviceReport>({ device_id: text, batches: count, ...statistics }),
  DevicePage: object<Shape.DevicePage>({
    version: firstVersion,
    total: count,
    devices: upTo(1000, ref("DeviceReport")),
  }),
  DeviceDetail: object<Shape.DeviceDetail>({
    version: firstVersion,
    device: ref("DeviceReport"),
    batches: upTo(100, object<Shape.DeviceDetail["batches"][number]>({ key: text, written: time, ...statistics })),
    readings: object<Shape.DeviceDetail["readings"]>({
      complete: { type: "boolean" },
      points: list(
        object<Shape.DeviceDetail["readings"]["points"][number]>({
          time,
          value: number,
          anomaly: { type: "boolean" },
          key: text,
        }),
      ),
    }),
    rejects: upTo(100, ref("RejectedRow")),
  }),
} as const;

const batch = {
  RowCounts: object<RowCounts>({ in: count, silver: count, anomalies: count, rejects: count, blank: count }),
  Fault: object<Fault>({ code: text, message: text, line: orNull(count), column: orNull(text) }),
  BatchSummary: object<Shape.BatchSummary>({
    key: text,
    function: functionId,
    outcome,
    ended: time,
    duration_ms: milliseconds,
    rows: ref("RowCounts"),
    devices: count,
    attempts: count,
    error: orNull(ref("Fault")),
  }),
  BatchPage: object<Shape.BatchPage>({
    version: firstVersion,
    total: count,
    batches: upTo(1000, ref("BatchSummary")),
  }),
  BatchDetail: object<Shape.BatchDetail>({
    version: firstVersion,
    functions: list(
      object<Shape.BatchDetail["functions"][number]>({
        function: functionId,
        name: text,
        receipt: orNull({ type: "object", description: "As it stands under receipts/." }),
      }),
    ),
    objects: list(
      object<Shape.BatchDetail["objects"][number]>({
        layer: oneOf("bronze", "silver", "anomalies", "rejects", "gold"),
        key: text,
        object: orNull(
          object<NonNullable<Shape.BatchDetail["objects"][number]["object"]>>({
            size: count,
            modified: time,
            sha256: orNull(text),
          }),
        ),
      }),
    ),
    rejects: object<Shape.BatchDetail["rejects"]>({ total: count, rows: upTo(100, ref("RejectedRow")) }),
    devices: object<Shape.BatchDetail["devices"]>({
      total: count,
      rows: upTo(200, object<Shape.BatchDetail["devices"]["rows"][number]>({ device_id: text, ...statistics })),
    }),
    dead_letters: list(ref("OpenLetter")),
  }),
  RejectedRow: object<Shape.RejectedRow>({
    key: text,
    line: count,
    column: text,
    reason: text,
    message: text,
    row: text,
  }),
} as const;

/** The shapes of `src/monitor/overview.ts`, and that of an error. */
export const schemas: Readonly<Record<SchemaName, Schema>> = {
  ...lake,
  ...device,
  ...batch,
  Error: object<{ version: 1; error: unknown }>({
    version: firstVersion,
    error: object<{ code: string; message: string }>({ code: text, message: text }),
  }),
};
