import { outputKeys } from "../ledger/layers.ts";
import { DEFAULT_SETTINGS } from "../pipeline/settings.ts";
import type { LakeStorage } from "../storage/port.ts";
import { type Budget, type Cell, readCsvRows } from "./csv.ts";
import type { DeviceDetail, RejectedRow } from "./pages.ts";

type Point = DeviceDetail["readings"]["points"][number];

export const MAX_POINTS = 2000;
const MAX_CHARACTERS = 1000;

/** Adds the readings of a device in one batch. `key` is how the batch is called. */
export async function addReadings(
  storage: LakeStorage,
  key: string,
  device: string,
  budget: Budget,
  add: (point: Point) => void,
): Promise<void> {
  const { silver, anomalies } = outputKeys(key);
  // Silver that no split wrote has its anomalies in it.
  const isSplit = (await storage.head(anomalies)) !== null;
  await readCsvRows(storage, anomalies, budget, (cell) => {
    const point = pointOf(cell, key, device);
    if (point !== null) add({ ...point, anomaly: true });
    return true;
  });
  await readCsvRows(storage, silver, budget, (cell) => {
    const point = pointOf(cell, key, device);
    if (point !== null) add(isSplit ? { ...point, anomaly: false } : point);
    return true;
  });
}

/** A reading of this device; null for one of another. */
function pointOf(cell: Cell, key: string, device: string): Point | null {
  if (cell("device_id") !== device) return null;
  const time = timeOf(cell("timestamp") ?? "");
  const value = Number(cell("value"));
  if (time === null || !Number.isFinite(value)) return null;
  return { time, value, anomaly: Number(cell("anomaly_score")) > DEFAULT_SETTINGS.anomalyThreshold, key };
}

/** A timestamp of the data contract (docs/data-contract.md) as ISO 8601, UTC, to the millisecond; null for what is none. */
export function timeOf(text: string): string | null {
  const plain = text.trim();
  if (/^\d{10}$/.test(plain)) return new Date(Number(plain) * 1000).toISOString();
  if (/^\d{13}$/.test(plain)) return new Date(Number(plain)).toISOString();
  const [, date, time, zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(plain) ?? [];
  if (date === undefined) return null;
  const offset = zone === "Z" ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`;
  const at = Date.parse(`${date}T${time}${offset}`);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

/** The first rejects of a batch that are wanted, at most `limit`. */
export async function readRejects(
  storage: LakeStorage,
  key: string,
  budget: Budget,
  limit: number,
  wanted: (row: string) => boolean,
): Promise<RejectedRow[]> {
  const found: RejectedRow[] = [];
  if (limit <= 0) return found;
  await readCsvRows(storage, outputKeys(key).rejects, budget, (cell) => {
    const row = cell("row") ?? "";
    const line = Number(cell("line"));
    if (Number.isSafeInteger(line) && wanted(row)) {
      const [column, reason, message] = ["column", "reason", "message"].map(
        (name) => cell(name)?.slice(0, MAX_CHARACTERS) ?? "",
      );
      found.push({ key, line, column, reason, message, row: row.slice(0, MAX_CHARACTERS) });
    }
    return found.length < limit;
  });
  return found;
}

/** Whether a cell of a rejected row, which need not be well-formed, is this id. */
export function namesDevice(row: string, device: string): boolean {
  const quoted = device.replaceAll('"', '""');
  const bare = row.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/s, "$1"));
  return bare.includes(quoted) || (/[",\r\n]/.test(device) && row.includes(`"${quoted}"`));
}
