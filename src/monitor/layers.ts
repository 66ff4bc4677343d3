import { BRONZE } from "../ledger/layers.ts";
import type { Work } from "../ledger/pending.ts";
import type { ObjectInfo } from "../storage/port.ts";
import { DAY_MS } from "../time.ts";
import { functionIn, topology } from "../topology.ts";
import type { Batch } from "./batches.ts";
import type { Facts } from "./facts.ts";
import type { LayerName, LayerState } from "./overview.ts";
import { sumRows } from "./totals.ts";

/** The layers, with the rows of the batches that ended in the last day. */
export function layersOf(
  { objects, work, time }: Pick<Facts, "objects" | "work" | "time">,
  lastDay: readonly Batch[],
): Record<LayerName, LayerState> {
  const rows = sumRows(lastDay);
  const ofBronze = sumRows(lastDay.filter(({ key }) => key.startsWith(BRONZE)));
  const devices = lastDay.reduce((sum, { goldDevices }) => sum + goldDevices, 0);
  /** How long the oldest has waited of what starts a function there; null in a layer that starts none. */
  const lag = (layer: LayerName) => {
    const id = functionIn(topology.layers[layer].prefix);
    const waiting = work.filter((one) => one.function === id);
    return oldestSeconds(objectsOf(waiting), time);
  };
  return {
    bronze: layerState(objects.bronze, time, ofBronze.in, lag("bronze")),
    silver: layerState(objects.silver, time, rows.silver, lag("silver")),
    anomalies: layerState(objects.anomalies, time, rows.anomalies, lag("anomalies")),
    gold: layerState(objects.gold, time, devices, lag("gold")),
  };
}

export function objectsOf(work: readonly Work[]): ObjectInfo[] {
  return work.map(({ object }) => object);
}

/** How long the oldest of these objects has waited, whole seconds; null when there is none. */
export function oldestSeconds(objects: readonly Pick<ObjectInfo, "modified">[], now: number): number | null {
  if (objects.length === 0) return null;
  const oldest = objects.reduce((least, { modified }) => Math.min(least, modified), now);
  return Math.floor((now - oldest) / 1000);
}

function layerState(objects: readonly ObjectInfo[], now: number, rows: number, lag: number | null): LayerState {
  let [bytes, recent, last] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const { size, modified } of objects) {
    bytes += size;
    if (modified > now - DAY_MS) recent++;
    last = Math.max(last, modified);
  }
  return {
    files: objects.length,
    bytes,
    files_24h: recent,
    rows_24h: rows,
    last_write: objects.length === 0 ? null : new Date(last).toISOString(),
    lag_seconds: lag,
  };
}
