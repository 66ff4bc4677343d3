import { hasCode, isDataFault } from "../errors.ts";
import { outputKeys } from "../ledger/layers.ts";
import { ANOMALY_SIDE } from "../pipeline/devices.ts";
import { scanObject } from "../pipeline/scan.ts";
import { DEFAULT_SETTINGS } from "../pipeline/settings.ts";
import type { ReadingSink, RowSink } from "../pipeline/sinks.ts";
import { BUILT_IN } from "../pipeline/terms.ts";
import { epochMillis } from "../pipeline/timestamp.ts";
import type { LakeStorage } from "../storage/port.ts";
import type { DeviceDetail } from "./details.ts";

type Point = DeviceDetail["readings"]["points"][number];

/** Bytes that may still be read for one answer. */
export interface Budget {
  bytes: number;
}

export interface ReadingsOptions {
  readonly storage: LakeStorage;
  /** How the batch is called. */
  readonly key: string;
  readonly device: string;
  readonly budget: Budget;
  /** Silver that no split wrote is judged by it, as its gold is. */
  readonly anomalyThreshold: number;
}

/** Small, so that a budget is not exceeded by much. */
const SETTINGS = { ...DEFAULT_SETTINGS, chunkBytes: 64 * 1024 };

/**
 * Hands over the readings of a device in one batch, as the stages read them. What is not there, or cannot be read any
 * further, has none. Throws `storage_failed`.
 */
export async function addReadings(options: ReadingsOptions, add: (point: Point) => void): Promise<void> {
  const { storage, key, anomalyThreshold } = options;
  const { silver, anomalies } = outputKeys(key);
  // Silver that no split wrote has its anomalies in it.
  const isSplit = (await storage.head(anomalies)) !== null;
  await scanSide(options, anomalies, Number.NEGATIVE_INFINITY, add);
  await scanSide(options, silver, isSplit ? Number.POSITIVE_INFINITY : anomalyThreshold, add);
}

async function scanSide(
  { storage, key, device, budget }: ReadingsOptions,
  from: string,
  threshold: number,
  add: (point: Point) => void,
): Promise<void> {
  if (budget.bytes <= 0) return;
  try {
    const reader = await storage.read(from);
    try {
      const pull = async (into: Uint8Array) => {
        const pulled = await reader.pull(into);
        budget.bytes -= pulled;
        return pulled;
      };
      const readings = pointsOf(device, key, add);
      const options = { settings: SETTINGS, ...BUILT_IN, readings, sink: () => NOWHERE, maxBytes: budget.bytes };
      await scanObject({ key: from, arrival: () => reader.head.modified }, pull, { ...options, threshold });
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (!isDataFault(error) && !hasCode(error, "not_found", "key_invalid")) throw error;
  }
}

/** Rows are looked at, and what is no reading is told of among the rejects. */
const NOWHERE: RowSink = { header() {}, rows() {}, reject() {}, drain() {} };

/** Of all readings those of one device. */
function pointsOf(device: string, key: string, add: (point: Point) => void): ReadingSink {
  const id = Buffer.from(device);
  return {
    add(b, start, length, _hash, value, side, timeStart, timeEnd) {
      if (length !== id.length || Buffer.compare(id, b.subarray(start, start + length)) !== 0) return;
      const time = new Date(epochMillis(b, timeStart, timeEnd)).toISOString();
      add({ time, value, anomaly: side === ANOMALY_SIDE, key });
    },
    flush() {},
  };
}
