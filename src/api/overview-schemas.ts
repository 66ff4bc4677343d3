import type * as Cost from "../cost/estimate.ts";
import type * as Shape from "../monitor/overview.ts";
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
  seconds,
  text,
  time,
  upTo,
} from "./schema.ts";

const layer = object<Shape.LayerState>({
  files: count,
  bytes: count,
  files_24h: count,
  rows_24h: count,
  last_write: orNull(time),
  lag_seconds: orNull(seconds),
});

/** The shapes of `monitor/overview.ts`, of what a month costs and of the last verification. */
export const OVERVIEW_SCHEMAS = {
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
  CostEstimate: object<Cost.CostEstimate>({
    kind: { const: "estimate" },
    region: text,
    prices: { ...text, description: "The day of the price list." },
    services: list(
      object<Cost.ServiceCost>({
        service: oneOf("S3", "Lambda", "CloudWatch", "Data transfer"),
        month: dollars,
        month_free_tier: dollars,
        items: list(
          object<Cost.ServiceCost["items"][number]>({
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
