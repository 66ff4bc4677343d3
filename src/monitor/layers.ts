import type { Work } from "../functions/plan.ts";
import { BRONZE } from "../pipeline/layers.ts";
import { FUNCTION_IDS, type FunctionId } from "../topology.ts";
import type { Batch } from "./batches.ts";
import type { Facts, Listed } from "./collect.ts";
import type { LayerName, LayerState } from "./overview.ts";
import { sumRows } from "./totals.ts";

/** The layers, with the rows of the batches that ended in the last day. */
export function layersOf({ layers, work, time }: Facts, lastDay: readonly Batch[]): Record<LayerName, LayerState> {
  const done = lastDay.filter(({ rows }) => rows.in > 0);
  const rows = sumRows(done);
  const ofBronze = sumRows(done.filter(({ key }) => key.startsWith(BRONZE)));
  const devices = lastDay.reduce((sum, { goldDevices }) => sum + goldDevices, 0);
  const lag = (id: FunctionId) => oldestSeconds(work.filter((one) => one.function === id), time);
  const [first, second] = FUNCTION_IDS;
  return {
    bronze: stateOf(layers.bronze, ofBronze.in, lag(first)),
    silver: stateOf(layers.silver, rows.silver, lag(second)),
    anomalies: stateOf(layers.anomalies, rows.anomalies, null),
    gold: stateOf(layers.gold, devices, null),
  };
}

/** How long the oldest of these objects has waited, whole seconds; null when there is none. */
export function oldestSeconds(work: readonly Work[], now: number): number | null {
  if (work.length === 0) return null;
  const oldest = work.reduce((least, { object }) => Math.min(least, object.modified), now);
  return Math.floor((now - oldest) / 1000);
}

function stateOf({ files, bytes, files24h, lastWrite }: Listed, rows: number, lag: number | null): LayerState {
  return {
    files,
    bytes,
    files_24h: files24h,
    rows_24h: rows,
    last_write: lastWrite === null ? null : new Date(lastWrite).toISOString(),
    lag_seconds: lag,
  };
}
