import { retentionDaysOf, topology } from "../topology.ts";
import { estimateCost, MONTH_HOURS, type Stored, type Usage } from "./cost.ts";
import type { CostEstimate } from "./estimate.ts";

/** What one of the coming months would cost; 1 is the first. */
export interface ProjectedMonth {
  readonly month: number;
  /** On average over the month. */
  readonly storedBytes: number;
  readonly estimate: CostEstimate;
}

/**
 * So many months at the pace of this usage. Storage grows by what is written in a day until as much expires; everything
 * else stays what it is. With the account opened now, S3's free tier ends after the twelfth month.
 */
export function projectCost(usage: Usage, months: number): ProjectedMonth[] {
  return Array.from({ length: months }, (_, i) => {
    const storage = usage.storage.map((one) => grown(one, usage, (i + 0.5) * (MONTH_HOURS / 24)));
    const storedBytes = storage.reduce((sum, { bytes }) => sum + bytes, 0);
    return { month: i + 1, storedBytes, estimate: estimateCost({ ...usage, storage }, i + 1) };
  });
}

/**
 * What a layer holds after `days`, in a versioned bucket: an object is a version for `noncurrentDays` after its
 * retention, and for ever where that never ends. New bytes are counted in the class they arrive in. Never less than now: the pace may have been another.
 */
function grown(stored: Stored, { storage, hours }: Usage, days: number): Stored {
  const layer = topology.layers[stored.layer];
  const keptDays = retentionDaysOf(layer) + layer.noncurrentDays;
  const daily = (stored.writtenBytes * 24) / hours;
  const elsewhere = storage.reduce((sum, one) => (one.layer === stored.layer ? sum + one.bytes : sum), -stored.bytes);
  const most = daily === 0 ? stored.bytes : Math.max(stored.bytes, daily * keptDays - elsewhere);
  return { ...stored, bytes: Math.min(stored.bytes + daily * days, most) };
}
