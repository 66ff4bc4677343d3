import type { DeviceTable } from "../pipeline/devices.ts";
import { addRow, type DeviceReport, emptyMerge, type Merged, reportOf } from "../report/merge.ts";
import type { GoldRow } from "../report/rows.ts";
import { compareKeys } from "../storage/keys.ts";

/** The rows that a batch's gold would have: numbers come back from its text as they went in. */
export function goldRowsOf(devices: DeviceTable): GoldRow[] {
  return Array.from(devices.devices(), ({ id, total, average, minimum: min, maximum: max, anomalies }) => ({
    ...{ device_id: Buffer.from(id).toString("utf8"), total, average, min: plain(min), max: plain(max), anomalies },
  }));
}

/** Gold has no negative zero. */
function plain(value: number): number {
  return value + 0;
}

/** What a device would be in a report over these batches. */
export interface DeviceFigures {
  readonly readings: number;
  readonly anomalies: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly anomaly_percentage: number;
}

export interface DeviceChange {
  readonly device_id: string;
  readonly before: DeviceFigures | null;
  readonly after: DeviceFigures | null;
}

/** Gold over batches, as `report` merges it. */
export class GoldOver {
  readonly #devices = new Map<string, Merged>();

  add(rows: readonly GoldRow[]): void {
    for (const row of rows) {
      const device = this.#devices.get(row.device_id) ?? emptyMerge();
      addRow(device, row);
      this.#devices.set(row.device_id, device);
    }
  }

  of(device: string): DeviceFigures | null {
    const merged = this.#devices.get(device);
    return merged === undefined ? null : figuresOf(reportOf(device, merged));
  }

  get ids(): Iterable<string> {
    return this.#devices.keys();
  }
}

function figuresOf(d: DeviceReport): DeviceFigures {
  return {
    readings: d.total_readings,
    anomalies: d.anomaly_count,
    average: d.avg_value,
    minimum: d.min_value,
    maximum: d.max_value,
    anomaly_percentage: d.anomaly_percentage,
  };
}

/** Devices of either side that are not the same on both, in the order of their ids' bytes. */
export function deviceChanges(before: GoldOver, after: GoldOver): DeviceChange[] {
  const ids = [...new Set([...before.ids, ...after.ids])].sort(compareKeys);
  return ids
    .map((device_id) => ({ device_id, before: before.of(device_id), after: after.of(device_id) }))
    .filter(({ before: a, after: b }) => JSON.stringify(a) !== JSON.stringify(b));
}
