import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { readSnapshot } from "../../src/tables/delta/snapshot.ts";
import { syncReadings } from "../../src/tables/readings/sync.ts";
import { put } from "../pipeline/lake.ts";
import { runAll, syncContext, TABLE } from "./table.ts";

/** Lakes of a few readings, and what is done with them again and again. */

export const HEADER = "timestamp,device_id,value,unit,anomaly_score";

/** Readings of device A, a second apart; the value is also the score, behind the point: 9 is an anomaly. */
export const csv = (...values: number[]) =>
  `${HEADER}\n${values.map((value, i) => `2025-01-01T00:00:0${i}Z,A,${value},C,0.${value}\n`).join("")}`;

export const sync = (storage: LakeStorage, given = {}) => syncReadings({ ...syncContext(storage), ...given });

export const snapshotOf = async (storage: LakeStorage) => (await readSnapshot(storage, TABLE))!;

/** A lake with these batches in silver and anomalies. */
export async function lakeOf(files: Readonly<Record<string, string>>): Promise<LakeStorage> {
  const storage = createMemoryStorage();
  for (const [key, text] of Object.entries(files)) await put(storage, key, text);
  await runAll(storage);
  return storage;
}
