import type * as Cost from "../cost/estimate.ts";
import type * as Detected from "../monitor/detections-state.ts";
import type * as Shape from "../monitor/overview.ts";
import type { Verification } from "../verify/record.ts";
import {
  firstVersion,
  list,
  lookedAt,
  milliseconds,
  number,
  object,
  oneOf,
  orNull,
  percentage,
  reason,
  ref,
  seconds,
  text,
  time,
  upTo,
  usd,
  wholeNumber,
} from "./schema.ts";

const layer = object<Shape.LayerState>({
  files: wholeNumber,
  bytes: wholeNumber,
  files_24h: wholeNumber,
  rows_24h: wholeNumber,
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
    work: object<Shape.Overview["work"]>({ waiting: wholeNumber, oldest_seconds: orNull(seconds) }),
    ignored: object<Shape.Overview["ignored"]>({
      count: wholeNumber,
      keys: upTo(100, object<Shape.Overview["ignored"]["keys"][number]>({ key: text, reason: text })),
    }),
    dead_letters: object<Shape.Overview["dead_letters"]>({ open: wholeNumber, letters: upTo(100, ref("OpenLetter")) }),
    devices: ref("Devices"),
    batches: upTo(50, ref("BatchSummary")),
    alarms: list(ref("AlarmState")),
    cost: ref("CostEstimate"),
    contracts: upTo(100, ref("ContractState")),
    verified: orNull(ref("Verification")),
    table: orNull(ref("ReadingsState")),
    detections: orNull(ref("DetectionsState")),
  }),
  Health: object<Shape.Health>({
    verdict: oneOf("healthy", "degraded", "unhealthy"),
    percentage,
    reasons: list(
      object<Shape.HealthReason>({
        code: oneOf(
          "dead_letters_open",
          "work_overdue",
          "contract_invalid",
          "alarm",
          "verify_found_damage",
          "outputs_orphaned",
          "receipts_outdated",
          "contract_removed",
          "contracts_conflict",
          "devices_critical",
          "all_rows_rejected",
          "rows_rejected",
          "last_line_unterminated",
          "table_unreadable",
          "detections_unreadable",
          "objects_ignored",
        ),
        verdict: oneOf("degraded", "unhealthy"),
        message: text,
        next: text,
      }),
    ),
  }),
  Totals: object<Shape.Totals>({
    batches: wholeNumber,
    done: wholeNumber,
    refused: wholeNumber,
    failed: wholeNumber,
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
  Hour: object<Shape.Hour>({ time, rows: orNull(ref("RowCounts")), batches: wholeNumber, errors: wholeNumber }),
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
    period_seconds: wholeNumber,
  }),
  ReadingsState: object<Shape.ReadingsState>({
    newest: orNull(
      object<NonNullable<Shape.ReadingsState["newest"]>>({
        version: wholeNumber,
        committed: time,
        rows: wholeNumber,
        files: wholeNumber,
        bytes: wholeNumber,
      }),
    ),
    problem: orNull(text),
    lag: object<Shape.ReadingsState["lag"]>({
      batches: wholeNumber,
      complete: { type: "boolean" },
      oldest_seconds: orNull(seconds),
    }),
  }),
  DetectionsState: object<Detected.DetectionsState>({
    newest: orNull(
      object<NonNullable<Detected.DetectionsState["newest"]>>({
        version: wholeNumber,
        readings_version: orNull(wholeNumber),
        behind: orNull(wholeNumber),
        one_in_days: orNull(number),
        devices: orNull(wholeNumber),
        learned: orNull(wholeNumber),
      }),
    ),
    problem: orNull(text),
    last_24h: orNull(
      object<NonNullable<Detected.DetectionsState["last_24h"]>>({
        detections: wholeNumber,
        muted: wholeNumber,
        devices: wholeNumber,
        by_device: upTo(
          20,
          object<Detected.DetectedDevice>({ device_id: text, detections: wholeNumber, newest: time, reason }),
        ),
      }),
    ),
    silent: upTo(20, object<Detected.SilentDevice>({ device_id: text, last: time, since: time })),
  }),
  ContractState: object<Shape.ContractState>({
    name: text,
    state: oneOf("in_force", "removed"),
    waiting: wholeNumber,
    made_otherwise: wholeNumber,
    older_time_zones: wholeNumber,
    complete: { type: "boolean" },
    next: orNull(text),
  }),
  Verification: object<Verification>({
    time,
    code: text,
    prefix: orNull(text),
    counts: object<Verification["counts"]>({
      intact: wholeNumber,
      changed: wholeNumber,
      missing: wholeNumber,
      orphaned: wholeNumber,
      unknown: wholeNumber,
      stale: wholeNumber,
    }),
    failed: wholeNumber,
    table: wholeNumber,
  }),
  CostEstimate: object<Cost.CostEstimate>({
    kind: { const: "estimate" },
    region: text,
    prices: { ...text, description: "The day of the price list." },
    services: list(
      object<Cost.ServiceCost>({
        service: oneOf("S3", "Lambda", "CloudWatch", "Data transfer"),
        month: usd,
        month_free_tier: usd,
        items: list(
          object<Cost.ServiceCost["items"][number]>({
            name: text,
            quantity: number,
            unit: text,
            price: usd,
            month: usd,
          }),
        ),
      }),
    ),
    month: usd,
    month_free_tier: usd,
  }),
} as const;
