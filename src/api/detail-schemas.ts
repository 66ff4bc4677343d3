import type { ContractStanding } from "../contracts/standing.ts";
import type { Fault, RowCounts } from "../ledger/receipts.ts";
import type * as Page from "../monitor/details.ts";
import type * as Shape from "../monitor/overview.ts";
import type { DeviceReport } from "../report/merge.ts";
import { FUNCTION_IDS } from "../topology.ts";
import {
  firstVersion,
  list,
  milliseconds,
  number,
  object,
  oneOf,
  orNull,
  percentage,
  ref,
  text,
  time,
  upTo,
  wholeNumber,
} from "./schema.ts";

const functionId = oneOf(...FUNCTION_IDS);
const outcome = oneOf("done", "refused", "failed");
const statistics = {
  total_readings: wholeNumber,
  avg_value: number,
  min_value: number,
  max_value: number,
  anomaly_count: wholeNumber,
  anomaly_percentage: percentage,
};

/** The shapes of `monitor/details.ts` and of what they are made of. */
export const PAGE_SCHEMAS = {
  Devices: object<Shape.Devices>({
    total: wholeNumber,
    critical: wholeNumber,
    critical_devices: upTo(20, ref("DeviceReport")),
    top: upTo(10, ref("DeviceReport")),
    points: upTo(
      500,
      object<Shape.DevicePoint>({ device_id: text, avg_value: number, anomaly_percentage: percentage }),
    ),
  }),
  DeviceReport: object<DeviceReport>({ device_id: text, batches: wholeNumber, ...statistics }),
  DevicePage: object<Page.DevicePage>({
    version: firstVersion,
    total: wholeNumber,
    devices: upTo(1000, ref("DeviceReport")),
  }),
  DeviceDetail: object<Page.DeviceDetail>({
    version: firstVersion,
    device: ref("DeviceReport"),
    batches: upTo(100, object<Page.DeviceDetail["batches"][number]>({ key: text, written: time, ...statistics })),
    readings: object<Page.DeviceDetail["readings"]>({
      complete: { type: "boolean" },
      points: list(
        object<Page.DeviceDetail["readings"]["points"][number]>({
          time,
          value: number,
          anomaly: { type: "boolean" },
          key: text,
        }),
      ),
    }),
    rejects: upTo(100, ref("RejectedRow")),
  }),
  RowCounts: object<RowCounts>({
    in: wholeNumber,
    silver: wholeNumber,
    anomalies: wholeNumber,
    rejects: wholeNumber,
    blank: wholeNumber,
  }),
  Fault: object<Fault>({ code: text, message: text, line: orNull(wholeNumber), column: orNull(text) }),
  BatchSummary: object<Shape.BatchSummary>({
    key: text,
    function: functionId,
    outcome,
    ended: time,
    duration_ms: milliseconds,
    rows: ref("RowCounts"),
    devices: wholeNumber,
    attempts: wholeNumber,
    error: orNull(ref("Fault")),
  }),
  BatchPage: object<Page.BatchPage>({
    version: firstVersion,
    total: wholeNumber,
    batches: upTo(1000, ref("BatchSummary")),
  }),
  BatchDetail: object<Page.BatchDetail>({
    version: firstVersion,
    functions: list(
      object<Page.BatchDetail["functions"][number]>({
        function: functionId,
        name: text,
        receipt: orNull({
          type: "object",
          description: "In version 2, whatever version stands under receipts/.",
        }),
      }),
    ),
    contract: ref("ContractStanding"),
    objects: list(
      object<Page.BatchDetail["objects"][number]>({
        layer: oneOf("bronze", "silver", "anomalies", "rejects", "gold"),
        key: text,
        object: orNull(
          object<NonNullable<Page.BatchDetail["objects"][number]["object"]>>({
            size: wholeNumber,
            modified: time,
            sha256: orNull(text),
          }),
        ),
      }),
    ),
    rejects: object<Page.BatchDetail["rejects"]>({ total: wholeNumber, rows: upTo(100, ref("RejectedRow")) }),
    devices: object<Page.BatchDetail["devices"]>({
      total: wholeNumber,
      rows: upTo(200, object<Page.BatchDetail["devices"]["rows"][number]>({ device_id: text, ...statistics })),
    }),
    dead_letters: list(ref("OpenLetter")),
  }),
  ContractStanding: object<ContractStanding>({
    read_by: orNull(object<NonNullable<ContractStanding["read_by"]>>({ name: text, digest: orNull(text) })),
    nobody: orNull(text),
    made_by: orNull({ type: "object", description: "As split.contract of a receipt has it." }),
    changed: orNull({ type: "boolean" }),
    older_time_zones: { type: "boolean" },
  }),
  RejectedRow: object<Page.RejectedRow>({
    key: text,
    line: wholeNumber,
    column: text,
    reason: text,
    message: text,
    row: text,
  }),
} as const;
