import { addExactly, meanOf, totalOf } from "../pipeline/average.ts";
import { percentageOf } from "../pipeline/percentage.ts";
import type { GoldRow } from "./rows.ts";

/** A device over all batches. Field names are those of the JSON that `report` prints. */
export interface DeviceReport {
  readonly device_id: string;
  readonly batches: number;
  readonly total_readings: number;
  readonly avg_value: number;
  readonly min_value: number;
  readonly max_value: number;
  readonly anomaly_count: number;
  /** One fraction digit. */
  readonly anomaly_percentage: number;
}

/** Its fields, in the order in which tables have them. */
export const DEVICE_FIELDS = [
  "device_id",
  "batches",
  "total_readings",
  "avg_value",
  "min_value",
  "max_value",
  "anomaly_count",
  "anomaly_percentage",
] as const satisfies readonly (keyof DeviceReport)[];

/** A device with a higher share of anomalies is critical. */
export const CRITICAL_PERCENTAGE = 30;

/** What rows of one device add up to. */
export interface Merged {
  batches: number;
  total: number;
  /** The exact sum of average times count per batch: see {@link addExactly}. */
  readonly sum: number[];
  min: number;
  max: number;
  anomalies: number;
}

export function emptyMerge(): Merged {
  return {
    batches: 0,
    total: 0,
    sum: [],
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    anomalies: 0,
  };
}

/** In whatever order rows come, the report is the same. */
export function addRow(device: Merged, { total, average, min, max, anomalies }: Omit<GoldRow, "device_id">): void {
  addExactly(device.sum, average, total);
  device.batches++;
  device.total += total;
  device.anomalies += anomalies;
  device.min = Math.min(device.min, min);
  device.max = Math.max(device.max, max);
}

export function reportOf(device_id: string, merged: Merged): DeviceReport {
  return {
    device_id,
    batches: merged.batches,
    total_readings: merged.total,
    avg_value: meanOf(totalOf(merged.sum), merged.total, merged.min, merged.max),
    min_value: merged.min,
    max_value: merged.max,
    anomaly_count: merged.anomalies,
    anomaly_percentage: percentageOf(merged.anomalies, merged.total),
  };
}
