import { pipeline, Readable } from "node:stream";
import { parse } from "fast-csv";
import { messageOf, VantageflowError } from "../errors.ts";
import { GOLD_HEADER } from "../pipeline/gold.ts";
import { GOLD } from "../pipeline/layers.ts";
import { readChunks } from "../pipeline/objects.ts";
import { compareKeys } from "../storage/keys.ts";
import type { LakeStorage } from "../storage/port.ts";

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

export interface GoldFilter {
  /** Only these device ids. */
  readonly devices?: readonly string[] | undefined;
  /** Only gold written at or after this time, milliseconds since the epoch. */
  readonly since?: number | undefined;
}

interface Merged {
  batches: number;
  total: number;
  /** Sum of average times count per batch, and what its additions rounded away. */
  sum: number;
  lost: number;
  min: number;
  max: number;
  anomalies: number;
}

/**
 * Merges gold over batches, devices in the order of their ids' bytes: counts, minima and maxima are exact, averages to
 * the last bit or two. Memory grows with devices, not with batches. Throws `input_invalid` for gold that is none.
 */
export async function readGold(storage: LakeStorage, filter: GoldFilter): Promise<DeviceReport[]> {
  const merged = new Map<string, Merged>();
  const wanted = filter.devices === undefined ? null : new Set(filter.devices);
  for await (const { key, modified } of storage.list(GOLD)) {
    if (!key.endsWith(".csv") || (filter.since !== undefined && modified < filter.since)) continue;
    for await (const row of goldRows(storage, key)) {
      if (wanted === null || wanted.has(row[0])) merge(merged, row, key);
    }
  }
  return [...merged]
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([device_id, m]) => ({
      device_id,
      batches: m.batches,
      total_readings: m.total,
      avg_value: (m.sum + m.lost) / m.total,
      min_value: m.min,
      max_value: m.max,
      anomaly_count: m.anomalies,
      anomaly_percentage: Math.floor((2000 * m.anomalies + m.total) / (2 * m.total)) / 10,
    }));
}

/** The rows of a gold object, without its header. Whatever goes wrong is thrown where the rows are read. */
async function* goldRows(storage: LakeStorage, key: string): AsyncGenerator<string[]> {
  const rows = pipeline(
    Readable.from(readChunks(storage, key)),
    parse<string[], string[]>({ headers: false }),
    () => {},
  );
  let first = true;
  for await (const row of withErrors(rows, key)) {
    if (first && row.join(",") !== GOLD_HEADER) {
      const why = "its header is not that of gold. Remove it, or rebuild it with vantageflow run --reprocess";
      throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key, line: 1 });
    }
    if (!first) yield row;
    first = false;
  }
}

async function* withErrors(rows: AsyncIterable<string[]>, key: string): AsyncGenerator<string[]> {
  try {
    yield* rows;
  } catch (error) {
    if (error instanceof VantageflowError) throw error;
    const why = `it is no CSV (${messageOf(error)}). Rebuild it with vantageflow run --reprocess`;
    throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key, cause: error });
  }
}

function merge(merged: Map<string, Merged>, row: readonly string[], key: string): void {
  const [id, total, average, min, max, anomalies] = [row[0], ...row.slice(1, 6).map(Number)] as [
    string,
    ...[number, number, number, number, number],
  ];
  if (
    row.length !== 7 ||
    row.includes("") ||
    ![total, average, min, max, anomalies].every(Number.isFinite) ||
    total < 1
  ) {
    const why = "a row of it is not one of gold. Rebuild it with vantageflow run --reprocess";
    throw new VantageflowError("input_invalid", `Cannot read "${key}": ${why}.`, { key });
  }
  let device = merged.get(id);
  if (device === undefined) {
    device = { batches: 0, total: 0, sum: 0, lost: 0, min, max, anomalies: 0 };
    merged.set(id, device);
  }
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
