import { attempt, type Failed } from "../bounded.ts";
import { hasCode } from "../errors.ts";
import { GOLD, isCsvName } from "../ledger/layers.ts";
import { compareKeys } from "../storage/keys.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import { addRow, type DeviceReport, emptyMerge, type Merged, reportOf } from "./merge.ts";
import { type GoldRow, readGoldRows } from "./rows.ts";

export interface GoldFilter {
  /** Only these device ids. */
  readonly devices?: readonly string[] | undefined;
  /** Only gold written at or after this time, milliseconds since the epoch. */
  readonly since?: number | undefined;
}

/** What gold says, and what of it could not be read and is not in it. */
export interface GoldReport {
  readonly devices: readonly DeviceReport[];
  readonly failed: readonly Failed[];
}

/**
 * Merges gold over batches, devices in the order of their ids' bytes: counts, minima and maxima are exact, averages are
 * those of the batches' averages, rounded once. Memory grows with devices, not with batches. An object that is no gold, or
 * cannot be read, counts with none of its rows and is told; one that was removed meanwhile is not.
 */
export async function readGold(storage: LakeStorage, filter: GoldFilter): Promise<GoldReport> {
  const merged = new Map<string, Merged>();
  const failed: Failed[] = [];
  const wanted = filter.devices === undefined ? null : new Set(filter.devices);
  for await (const object of storage.list(GOLD)) {
    if (!isCsvName(object.key) || (filter.since !== undefined && object.modified < filter.since)) continue;
    const read = await attempt(object.key, () => rowsIn(storage, object, wanted));
    if ("failed" in read) {
      failed.push(read.failed);
      continue;
    }
    for (const row of read.value) {
      const device = merged.get(row.device_id) ?? emptyMerge();
      addRow(device, row);
      merged.set(row.device_id, device);
    }
  }
  const devices = [...merged].sort(([a], [b]) => compareKeys(a, b)).map(([id, device]) => reportOf(id, device));
  return { devices, failed };
}

/** Its rows of these devices, all or none: of an object that turns out to be no gold, the rows before that do not count. */
async function rowsIn(
  storage: LakeStorage,
  object: ObjectInfo,
  wanted: ReadonlySet<string> | null,
): Promise<readonly GoldRow[]> {
  const rows: GoldRow[] = [];
  try {
    await readGoldRows(storage, object, (row) => {
      if (wanted === null || wanted.has(row.device_id)) rows.push(row);
    });
    return rows;
  } catch (error) {
    // Removed meanwhile.
    if (hasCode(error, "not_found")) return [];
    throw error;
  }
}
