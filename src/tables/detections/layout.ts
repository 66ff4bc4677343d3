import type { Detection } from "../../detection/detector.ts";
import type { Reason } from "../../detection/reasons.ts";
import { DETECTOR_VERSION } from "../../detection/state.ts";
import { DAY_MS } from "../../time.ts";
import { topology } from "../../topology.ts";
import { PARTITION } from "../days/day.ts";
import type { Metadata } from "../delta/actions.ts";
import { type Field, fieldsOf, schemaText } from "../delta/schema.ts";
import { unsupported } from "../delta/state.ts";
import type { TableColumn } from "../parquet/columns.ts";

/** Where the table of detections is; nothing else may stand in it. */
export const DETECTIONS = `${topology.layers.tables.prefix}detections/`;

/** What stands in its files, in this order. See docs/detection.md. */
export const COLUMNS = [
  { name: "timestamp", type: "timestamp" },
  { name: "device_id", type: "string" },
  { name: "value", type: "double" },
  { name: "expected", type: "double" },
  { name: "low", type: "double" },
  { name: "high", type: "double" },
  { name: "once_in_days", type: "double" },
  { name: "score", type: "double" },
  { name: "reason", type: "string" },
  { name: "detector", type: "integer" },
] as const satisfies readonly TableColumn[];

/** A row of the table. */
export interface DetectionRow {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly device: string;
  readonly value: number;
  readonly expected: number;
  /** From where to where values are usual. */
  readonly low: number;
  readonly high: number;
  /** Something as odd comes once in so many days. */
  readonly onceInDays: number;
  /** See `Detection`. */
  readonly score: number;
  readonly reason: Reason;
  /** The version of the detector that says so. */
  readonly detector: number;
}

/** Without zeros that are negative, which tables do not have. */
export function rowOf(device: string, detection: Detection): DetectionRow {
  const { time, value, expected, band, onceIn, score, reason } = detection;
  return {
    time,
    device,
    value: value + 0,
    expected: expected + 0,
    low: expected - band + 0,
    high: expected + band + 0,
    onceInDays: onceIn / DAY_MS,
    score,
    reason,
    detector: DETECTOR_VERSION,
  };
}

/** The schema for the metadata. */
export function viewSchema(): string {
  const field = (name: string, type: string): Field => ({ name, type, nullable: true, metadata: {} });
  return schemaText([field(PARTITION, "date"), ...COLUMNS.map(({ name, type }) => field(name, type))]);
}

/** Throws `table_unsupported` for what another program has made of the table. */
export function checkView({ schemaString, partitionColumns }: Metadata): void {
  const fields = fieldsOf(DETECTIONS, schemaString);
  const wrong = fieldsOf(DETECTIONS, viewSchema()).find(
    ({ name, type }) => fields.find((field) => field.name === name)?.type !== type,
  );
  if (wrong !== undefined)
    throw unsupported(DETECTIONS, `its column "${wrong.name}" is missing or no ${String(wrong.type)}`);
  if (partitionColumns.join() !== PARTITION) throw unsupported(DETECTIONS, `it is not partitioned by ${PARTITION}`);
}
