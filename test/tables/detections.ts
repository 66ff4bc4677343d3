import { Detectors } from "../../src/detection/detectors.ts";
import { sensitivityFor } from "../../src/detection/sensitivity.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { type DetectionRow, rowOf } from "../../src/tables/detections/layout.ts";
import { readDetections } from "../../src/tables/detections/read.ts";
import { randomOf, series } from "../detection/streams.ts";
import { type RowText, syncContext } from "./table.ts";

/** What the tests of the kept detections need: readings that are odd often enough, and a model that knows of no table. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** So that a hundred readings of a device give some detections. */
export const ONE_IN = HOUR;
/** Between two readings. */
const STEP = 10 * 60_000;
export const START = Date.UTC(2025, 0, 1);

export interface Batch {
  readonly device: string;
  /** The first reading, in hours since the beginning of 2025. */
  readonly hour: number;
  readonly readings: number;
  readonly seed: number;
}

/** Noise with a spike now and then. */
export function csvOf({ device, hour, readings, seed }: Batch): string {
  const noise = series("noise", seed, readings);
  const random = randomOf(seed);
  const rows = Array.from(noise, (value, i) => {
    const time = new Date(START + hour * HOUR + i * STEP).toISOString();
    return `${time},${device},${(random() < 0.02 ? value + 100 : value).toFixed(3)},C,0.1\n`;
  });
  return `timestamp,device_id,value,unit,anomaly_score\n${rows.join("")}`;
}

/** The detections of readings, by the detector alone. */
export function detectionsOf(rows: readonly RowText[]): DetectionRow[] {
  const readings = rows
    .map((row) => JSON.parse(row) as { date: string | null; time: string; device: string; value: number })
    .filter(({ date }) => date !== null)
    .map(({ time, device, value }) => ({ time: Date.parse(time), device, value }))
    .sort((a, b) => a.time - b.time || a.value - b.value);
  const detectors = new Detectors(sensitivityFor(ONE_IN));
  const found: DetectionRow[] = [];
  for (const [i, { device, time, value }] of readings.entries()) {
    const detection = detectors.take(device, time, value);
    if (detection !== null) found.push(rowOf(device, detection));
    const day = Math.floor(time / DAY);
    const isLastOfDay = i < readings.length - 1 && Math.floor(readings[i + 1].time / DAY) > day;
    if (!isLastOfDay) continue;
    for (const [silent, silence] of detectors.silences(time, day * DAY)) found.push(rowOf(silent, silence));
  }
  return sorted(found);
}

export async function keptDetections(storage: LakeStorage): Promise<DetectionRow[]> {
  return sorted((await readDetections(storage))?.rows ?? []);
}

function sorted(rows: readonly DetectionRow[]): DetectionRow[] {
  return rows.toSorted((a, b) => a.time - b.time || Buffer.compare(Buffer.from(a.device), Buffer.from(b.device)));
}

/** As the command line sees a lake. */
export function viewContextOf(storage: LakeStorage) {
  const { code, now, newId } = syncContext(storage);
  return { storage, code, now, newId };
}

export { DAY };
