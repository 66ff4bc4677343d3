import { GOLD, isCsvName, outputKeys } from "../ledger/layers.ts";
import { CRITICAL_PERCENTAGE } from "../report/merge.ts";
import { type GoldRow, readGoldRows } from "../report/rows.ts";
import type { LakeStorage } from "../storage/port.ts";
import { FATES, type Fate, fateOf, NONE_STATE } from "./fates.ts";
import { type DeviceChange, type DeviceFigures, deviceChanges, GoldOver } from "./gold.ts";
import type { LakePreview, PreviewedBatch } from "./preview.ts";

/** So many readings that go from one place to another. */
interface Move {
  readonly from: Fate;
  readonly to: Fate;
  readonly readings: number;
}

interface Sample {
  readonly key: string;
  readonly line: number;
  readonly from: Fate;
  readonly to: Fate;
  readonly why: string;
}

/** A file that is refused on one side only, or for another reason; `message` is what it would be refused with. */
export interface FileChange {
  readonly key: string;
  readonly before: string;
  readonly after: string;
  readonly message: string | null;
}

/** What a change of rules would do, over all batches that it concerns. */
export interface Summary {
  /** Pairs that differ, the most readings first. */
  readonly moves: readonly Move[];
  /** Readings that stay in their layer and are written differently. */
  readonly rewritten: number;
  /** Readings that nothing changes for. */
  readonly unchanged: number;
  /** Those whose gold differs, the most affected first. */
  readonly devices: readonly DeviceChange[];
  readonly becomeCritical: readonly string[];
  readonly ceaseCritical: readonly string[];
  readonly appear: readonly string[];
  readonly vanish: readonly string[];
  /** Batches whose outputs would be others. */
  readonly again: readonly string[];
  /** Files that are refused on one side only, or for another reason. */
  readonly files: readonly FileChange[];
  readonly samples: readonly Sample[];
}

/** Figures of devices are those of a report over the whole lake, so that what no plan changes counts on both sides. */
export async function summarizePreview(storage: LakeStorage, preview: LakePreview, limit: number): Promise<Summary> {
  const { batches } = preview;
  const counts = new Map<string, Move>();
  const [before, after] = [new GoldOver(), new GoldOver()];
  const samples: Sample[] = [];
  let [rewritten, unchanged] = [0, 0];
  const again: string[] = [];
  const files: FileChange[] = [];
  for (const batch of batches) {
    before.add(batch.before?.gold ?? []);
    after.add(batch.after?.gold ?? []);
    const key = batch.object.key;
    const [a, b] = [fileState(batch.before), fileState(batch.after)];
    if (a !== b) files.push({ key, before: a, after: b, message: batch.after?.message ?? null });
    let isOther = a !== b;
    if (batch.after?.refused === null || batch.after === null) {
      rewritten += batch.matching.rewritten;
      isOther ||= batch.matching.rewritten > 0;
    }
    for (const move of movesOf(batch)) {
      if (isSame(move)) {
        unchanged += move.readings;
        continue;
      }
      isOther = true;
      const id = JSON.stringify([move.from, move.to]);
      counts.set(id, { ...move, readings: move.readings + (counts.get(id)?.readings ?? 0) });
    }
    if (isOther) again.push(key);
    for (const sample of samplesOf(batch)) if (samples.length < limit) samples.push(sample);
  }
  const changed = new Set(deviceChanges(before, after).map(({ device_id }) => device_id));
  await addRestOfGold(storage, batches, changed, [before, after]);
  const devices = deviceChanges(before, after).sort((x, y) => affected(y) - affected(x));
  const named = (test: (change: DeviceChange) => boolean) => devices.filter(test).map(({ device_id }) => device_id);
  return {
    moves: [...counts.values()].sort((x, y) => y.readings - x.readings),
    rewritten,
    unchanged: unchanged - rewritten,
    devices,
    becomeCritical: named(({ before: a, after: b }) => !isCritical(a) && isCritical(b)),
    ceaseCritical: named(({ before: a, after: b }) => isCritical(a) && !isCritical(b)),
    appear: named(({ before: a }) => a === null),
    vanish: named(({ after: b }) => b === null),
    again,
    files,
    samples,
  };
}

/** Adds what batches say of these devices that were not read, for nothing of them changes. */
async function addRestOfGold(
  storage: LakeStorage,
  batches: readonly PreviewedBatch[],
  devices: ReadonlySet<string>,
  sides: readonly GoldOver[],
): Promise<void> {
  if (devices.size === 0) return;
  const read = new Set(batches.map(({ object }) => outputKeys(object.key).gold));
  for await (const object of storage.list(GOLD)) {
    if (!isCsvName(object.key) || read.has(object.key)) continue;
    const rows: GoldRow[] = [];
    await readGoldRows(storage, object, (row) => void (devices.has(row.device_id) && rows.push(row)));
    for (const side of sides) side.add(rows);
  }
}

function fileState(outcome: PreviewedBatch["before"]): string {
  if (outcome === null) return "waits";
  return outcome.refused === null ? "read" : `refused: ${outcome.refused}`;
}

/** Of a refused file no reading is anywhere, whatever stood before the fault. */
function movesOf({ matching, before, after }: PreviewedBatch): Move[] {
  const [a, b] = [refusedState(before), refusedState(after)];
  const moves = new Map<string, Move>();
  matching.pairs.forEach((readings, pair) => {
    if (readings === 0) return;
    const [i, j] = [Math.floor(pair / FATES), pair % FATES];
    if ((a !== null && j === NONE_STATE) || (b !== null && i === NONE_STATE)) return;
    const move = { from: a ?? fateOf(i), to: b ?? fateOf(j), readings };
    const id = JSON.stringify([move.from, move.to]);
    moves.set(id, { ...move, readings: readings + (moves.get(id)?.readings ?? 0) });
  });
  return [...moves.values()];
}

function refusedState(outcome: PreviewedBatch["before"]): Fate | null {
  return outcome === null || outcome.refused === null ? null : { name: "refused", reason: outcome.refused };
}

function isSame({ from, to }: Move): boolean {
  return from.name === to.name && from.reason === to.reason;
}

function samplesOf({ object, matching, before, after }: PreviewedBatch): Sample[] {
  const [a, b] = [refusedState(before), refusedState(after)];
  return matching.samples.map(({ line, from, to, rule, ruleBefore }) => {
    const [x, y] = [a ?? fateOf(from), b ?? fateOf(to)];
    return { key: object.key, line, from: x, to: y, why: whyOf(x, y, rule, ruleBefore) };
  });
}

function whyOf(from: Fate, to: Fate, rule: string | null, ruleBefore: string | null): string {
  if (from.name === to.name && from.reason === to.reason) return "written differently";
  if (to.name === "refused" || from.name === "refused") return to.reason ?? `no longer ${from.reason}`;
  if (rule !== null) return rule;
  if (to.reason !== undefined) return to.reason;
  if (ruleBefore !== null) return `no longer ${ruleBefore}`;
  if (from.reason !== undefined) return `no longer ${from.reason}`;
  if (to.name === "anomalies") return "score above the threshold";
  if (from.name === "anomalies") return "score no longer above the threshold";
  return to.name === "absent" ? "counts as no value" : "counts as a value";
}

function affected({ before, after }: DeviceChange): number {
  const moved = Math.abs((before?.readings ?? 0) - (after?.readings ?? 0));
  return moved + Math.abs((before?.anomalies ?? 0) - (after?.anomalies ?? 0));
}

function isCritical(figures: DeviceFigures | null): boolean {
  return figures !== null && figures.anomaly_percentage > CRITICAL_PERCENTAGE;
}
