import { GOLD, isCsvName } from "../pipeline/layers.ts";
import { compareKeys } from "../storage/keys.ts";
import type { LakeStorage } from "../storage/port.ts";
import { addRow, type DeviceReport, emptyMerge, type Merged, reportOf } from "./merge.ts";
import { readGoldRows } from "./rows.ts";

export interface GoldFilter {
  /** Only these device ids. */
  readonly devices?: readonly string[] | undefined;
  /** Only gold written at or after this time, milliseconds since the epoch. */
  readonly since?: number | undefined;
}

/**
 * Merges gold over batches, devices in the order of their ids' bytes: counts, minima and maxima are exact, averages are
 * those of the batches' averages, rounded once. Memory grows with devices, not with batches. Throws `input_invalid` for gold that is none.
 */
export async function readGold(storage: LakeStorage, filter: GoldFilter): Promise<DeviceReport[]> {
  const merged = new Map<string, Merged>();
  const wanted = filter.devices === undefined ? null : new Set(filter.devices);
  for await (const object of storage.list(GOLD)) {
    if (!isCsvName(object.key) || (filter.since !== undefined && object.modified < filter.since)) continue;
    await readGoldRows(storage, object, (row) => {
      if (wanted !== null && !wanted.has(row.device_id)) return;
      const device = merged.get(row.device_id) ?? emptyMerge();
      addRow(device, row);
      merged.set(row.device_id, device);
    });
  }
  return [...merged].sort(([a], [b]) => compareKeys(a, b)).map(([id, device]) => reportOf(id, device));
}
