import { contractStanding } from "../contracts/standing.ts";
import { hasCode } from "../errors.ts";
import { sourceKeyOf } from "../ledger/batch-source.ts";
import { BRONZE, batchPathOf, keyIn, outputKeys } from "../ledger/layers.ts";
import { type Receipt, readReceipts } from "../ledger/receipts.ts";
import { lookAtSources } from "../ledger/sources.ts";
import { percentageOf } from "../pipeline/percentage.ts";
import type { GoldRow } from "../report/rows.ts";
import type { LakeStorage } from "../storage/port.ts";
import { FUNCTION_IDS, type FunctionId, functionIn, topology } from "../topology.ts";
import type { Batch } from "./batches.ts";
import type { Collector } from "./collect.ts";
import type { BatchDetail, DeviceDetail, RejectedRow } from "./details.ts";
import type { Facts } from "./facts.ts";
import { addReadings, type Budget } from "./readings.ts";
import { namesDevice, readRejects } from "./rejected.ts";

/** What there is to be told from: the lake, what was read of it, and what was made of that. */
export interface DetailFacts extends Pick<Facts, "devices" | "letters"> {
  readonly storage: LakeStorage;
  readonly anomalyThreshold: number;
  readonly gold: Collector["gold"];
  readonly batches: readonly Batch[];
}

/** What is read of silver, anomalies and rejects for one answer. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_POINTS = 2000;
const MAX_BATCHES = 100;
const MAX_REJECTS = 100;
const MAX_DEVICES = 200;
const MAX_LETTERS = 100;
/** The function of what lands in bronze. */
const LANDED = functionIn(BRONZE)!;

/** Null for a device that is in no gold. Throws `storage_failed`. */
export async function deviceDetail(source: DetailFacts, id: string): Promise<DeviceDetail | null> {
  const device = source.devices.find(({ device_id }) => device_id === id);
  if (device === undefined) return null;
  const keys = new Map(source.batches.map(({ key }) => [batchPathOf(key), key]));
  const batches = source.gold
    .ofDevice(id)
    .toSorted((a, b) => b.object.modified - a.object.modified)
    .slice(0, MAX_BATCHES)
    .map(({ object, row }) => ({ key: keys.get(batchPathOf(object.key)) ?? object.key, object, row }));
  const { points, rejects } = await readingsOf(source, batches, id);
  return {
    version: 1,
    device,
    batches: batches.map(({ key, object, row }) => {
      const { device_id: _, ...figures } = figuresOf(row);
      return { key, ...figures, written: new Date(object.modified).toISOString() };
    }),
    readings: { complete: points.length === device.total_readings, points },
    rejects,
  };
}

type Point = DeviceDetail["readings"]["points"][number];

async function readingsOf(
  { storage, anomalyThreshold }: DetailFacts,
  batches: readonly { readonly key: string }[],
  id: string,
) {
  const budget: Budget = { bytes: MAX_BYTES };
  const rejects: RejectedRow[] = [];
  let points: Point[] = [];
  const add = (point: Point) => {
    points.push(point);
    if (points.length >= 2 * MAX_POINTS) points = newest(points);
  };
  for (const { key } of batches) {
    if (budget.bytes <= 0 || points.length >= MAX_POINTS) break;
    await addReadings({ storage, key, device: id, budget, anomalyThreshold }, add);
    const left = MAX_REJECTS - rejects.length;
    rejects.push(...(await readRejects(storage, key, budget, left, (row) => namesDevice(row, id))));
  }
  return { points: newest(points), rejects };
}

/** The newest by their own time, oldest first. */
function newest(points: readonly Point[]): Point[] {
  return points.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)).slice(-MAX_POINTS);
}

/** The batch of a key of any layer; null where there is no trace of one. Throws `storage_failed`. */
export async function batchDetail(source: DetailFacts, given: string): Promise<BatchDetail | null> {
  const { storage } = source;
  const path = batchPathOf(given);
  const bronze = given.startsWith(BRONZE) ? given : await sourceKeyOf(storage, LANDED, path);
  const { silver, anomalies, rejects, gold } = outputKeys(bronze);
  const inputOf = (id: FunctionId) => (id === LANDED ? bronze : keyIn(topology.functions[id].startedBy.prefix, path));
  const inputs = FUNCTION_IDS.map(inputOf);
  const places = { bronze, silver, anomalies, rejects, gold };
  const objects = await Promise.all(
    (["bronze", "silver", "anomalies", "rejects", "gold"] as const).map(async (layer) => {
      return { layer, key: places[layer], object: await objectOf(storage, places[layer]) };
    }),
  );
  const functions = await Promise.all(
    FUNCTION_IDS.map(async (id) => {
      const { name } = topology.functions[id];
      return { function: id, name, receipt: await newestReceipt(storage, name, inputOf(id)) };
    }),
  );
  const letters = source.letters.filter(({ key }) => key !== null && inputs.includes(key)).slice(0, MAX_LETTERS);
  const hasTrace = [...objects.map(({ object }) => object), ...functions.map(({ receipt }) => receipt)].some(Boolean);
  if (!hasTrace && letters.length === 0) return null;
  const rows = await readRejects(storage, bronze, { bytes: MAX_BYTES }, MAX_REJECTS, () => true);
  const devices = source.gold.ofObject(gold);
  return {
    version: 1,
    functions,
    contract: await contractStanding(splitOf(functions), (await lookAtSources(storage)).readBy(bronze)),
    objects,
    rejects: {
      total: Math.max(rows.length, ...functions.map(({ receipt }) => receipt?.split?.rows.rejects ?? 0)),
      rows,
    },
    devices: { total: devices.length, rows: devices.slice(0, MAX_DEVICES).map(figuresOf) },
    dead_letters: letters,
  };
}

function splitOf(functions: readonly { readonly function: FunctionId; readonly receipt: Receipt | null }[]) {
  return functions.find((one) => one.function === LANDED)?.receipt ?? null;
}

async function objectOf(storage: LakeStorage, key: string) {
  const head = await orNull(storage.head(key));
  if (head === null) return null;
  const sha256 = head.metadata?.sha256 || null;
  return { size: head.size, modified: new Date(head.modified).toISOString(), sha256 };
}

async function newestReceipt(storage: LakeStorage, fn: string, key: string): Promise<Receipt | null> {
  const receipts = (await orNull(readReceipts(storage, fn, key))) ?? [];
  return receipts.toSorted((a, b) => Date.parse(b.started) - Date.parse(a.started))[0] ?? null;
}

/** A key that the store could not hold names nothing. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, "key_invalid", "not_found")) return null;
    throw error;
  }
}

function figuresOf({ device_id, total, average, min, max, anomalies }: GoldRow) {
  return {
    device_id,
    total_readings: total,
    avg_value: average,
    min_value: min,
    max_value: max,
    anomaly_count: anomalies,
    anomaly_percentage: percentageOf(anomalies, total),
  };
}
