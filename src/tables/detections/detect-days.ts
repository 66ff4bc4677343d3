import type { LakeStorage } from "../../storage/port.ts";
import { readInOrder } from "../scan/in-order.ts";
import type { Unit } from "../scan/units.ts";
import type { Chain, ChainDay } from "./chain.ts";
import { type DetectionRow, rowOf } from "./layout.ts";
import { type DetectorsSoFar, writeStates } from "./states.ts";
import type { ViewFiles } from "./view-files.ts";

interface Run {
  readonly storage: LakeStorage;
  readonly chain: Chain;
  /** The first day that is read; the detectors of `progress` have seen those before. */
  readonly start: number;
  readonly progress: DetectorsSoFar;
  /** Days at whose beginning a checkpoint is written. */
  readonly worth: ReadonlySet<ChainDay>;
  readonly files: ViewFiles;
  readonly stopped: () => boolean;
}

/** Where a run has ended: before this day, the number of all where it is through. */
interface Ended {
  readonly end: number;
  /** Days at whose beginning a checkpoint was written. */
  readonly checkpoints: readonly ChainDay[];
}

/** Reads day by day what the detectors have not seen, writes the rows that come of it, and checkpoints. */
export async function detectInDays({ storage, chain, start, progress, worth, files, stopped }: Run): Promise<Ended> {
  const { days } = chain;
  const checkpoints: ChainDay[] = [];
  for (let i = start; i < days.length; i++) {
    const isEnd = i > start && stopped();
    if (isEnd || (i > start && worth.has(days[i]))) {
      await writeStates(storage, days[i], progress);
      checkpoints.push(days[i]);
    }
    if (isEnd) return { end: i, checkpoints };
    const rows = await detectInDay(storage, days[i].unit, progress, { isLast: i === days.length - 1 });
    await files.replace(stretchOf(days, i), rows);
  }
  if (days.length === 0) await files.replace([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], []);
  return { end: days.length, checkpoints };
}

/** What is told of a day's readings, of one device or of all. Of the last day readings are still to come: nobody is silent in it. */
export async function detectInDay(
  storage: LakeStorage,
  unit: Unit,
  progress: DetectorsSoFar,
  { device: only, isLast }: { readonly device?: string | undefined; readonly isLast: boolean },
): Promise<DetectionRow[]> {
  const rows: DetectionRow[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  progress.unreadable += await readInOrder(storage, unit, only ?? null, (device, time, value) => {
    newest = Math.max(newest, time);
    const detection = progress.detectors.take(device, time, value);
    if (detection !== null) rows.push(rowOf(device, detection));
  });
  if (isLast) return rows;
  for (const [device, silence] of progress.detectors.silences(newest, unit.span[0])) rows.push(rowOf(device, silence));
  return rows;
}

/** From the beginning of a day to that of the next one of which there are readings. */
function stretchOf(days: readonly ChainDay[], i: number): readonly [number, number] {
  const first = i === 0 ? Number.NEGATIVE_INFINITY : days[i].unit.span[0];
  return [first, (days[i + 1]?.unit.span[0] ?? Number.POSITIVE_INFINITY) - 1];
}
