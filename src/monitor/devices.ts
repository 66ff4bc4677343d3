import { CRITICAL_PERCENTAGE, type DeviceReport } from "../report/merge.ts";
import { pageOf } from "./batches.ts";
import type { DevicePage, DeviceQuery } from "./details.ts";
import type { DevicePoint, Devices } from "./overview.ts";

/** What a picture of all devices holds at most. */
const MAX_POINTS = 500;
const MAX_CRITICAL = 20;
const MAX_TOP = 10;

export function devicesOf(devices: readonly DeviceReport[]): Devices {
  const byPercentage = devices.toSorted(
    (a, b) => b.anomaly_percentage - a.anomaly_percentage || b.anomaly_count - a.anomaly_count,
  );
  const critical = byPercentage.filter(isCritical);
  const points = devices.toSorted((a, b) => b.anomaly_count - a.anomaly_count).slice(0, MAX_POINTS);
  return {
    total: devices.length,
    critical: critical.length,
    critical_devices: critical.slice(0, MAX_CRITICAL),
    top: byPercentage.slice(0, MAX_TOP),
    points: points.map(pointOf),
  };
}

function pointOf({ device_id, avg_value, anomaly_percentage }: DeviceReport): DevicePoint {
  return { device_id, avg_value, anomaly_percentage };
}

function isCritical({ anomaly_percentage }: DeviceReport): boolean {
  return anomaly_percentage > CRITICAL_PERCENTAGE;
}

/** Ids in the order of their bytes unless another order is asked for; what is equal stays in that order. */
export function devicePage(devices: readonly DeviceReport[], query: DeviceQuery): DevicePage {
  const contains = query.contains?.toLowerCase() ?? "";
  const matching = devices.filter(({ device_id }) => device_id.toLowerCase().includes(contains));
  const { sort = "device_id", order = "asc" } = query;
  const sign = order === "desc" ? -1 : 1;
  // They come in the order of their ids.
  if (sort !== "device_id") matching.sort((a, b) => sign * (a[sort] - b[sort]));
  else if (order === "desc") matching.reverse();
  return { version: 1, total: matching.length, devices: pageOf(matching, query) };
}
