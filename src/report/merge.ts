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
  /** Sum of average times count per batch, and what its additions rounded away. */
  sum: number;
  lost: number;
  min: number;
  max: number;
  anomalies: number;
}

export function emptyMerge(): Merged {
  return {
    batches: 0,
    total: 0,
    sum: 0,
    lost: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    anomalies: 0,
  };
}

/** Counts, minima and maxima are exact; averages, to the last bit or two, depend on the order of the rows. */
export function addRow(device: Merged, { total, average, min, max, anomalies }: Omit<GoldRow, "device_id">): void {
  // Neumaier's sum: what an addition rounds away is kept.
  const part = average * total;
  const sum = device.sum + part;
  device.lost += Math.abs(device.sum) >= Math.abs(part) ? device.sum - sum + part : part - sum + device.sum;
  device.sum = sum;
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
    avg_value: (merged.sum + merged.lost) / merged.total,
    min_value: merged.min,
    max_value: merged.max,
    anomaly_count: merged.anomalies,
    anomaly_percentage: percentageOf(merged.anomalies, merged.total),
  };
}

/** `100 * part / total`, rounded half up to one fraction digit. */
export function percentageOf(part: number, total: number): number {
  return Math.floor((2000 * part + total) / (2 * total)) / 10;
}
