import { compareKeys } from "../../storage/keys.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { dayOfDate, PARTITION } from "../days/day.ts";
import { openTableFile } from "../days/table-file.ts";
import { type Add, type Remove, removalOf } from "../delta/actions.ts";
import type { Snapshot } from "../delta/state.ts";
import { unsupported } from "../delta/state.ts";
import { readStatistics } from "../delta/statistics.ts";
import type { ParquetFile } from "../parquet/read.ts";
import { FIXED } from "./columns.ts";
import { READINGS } from "./layout.ts";
import type { RowTarget } from "./read-batch.ts";

/** What goes out of the table with its files, and how many rows of the batches that have to go. */
export interface TakenOut {
  readonly removes: readonly Remove[];
  readonly rows: number;
}

/**
 * Takes batches out of a table: every file that has rows of them goes, and the rows of other batches in it go into the target, to be
 * written anew. Which file has rows of a batch is told by its column `batch`, and by its statistics where it has none of them.
 * Nothing is written by this. Throws `table_damaged`, and `table_unsupported` for rows that no file of vantageflow's could hold.
 */
export async function takeOut(
  storage: LakeStorage,
  snapshot: Snapshot,
  batches: ReadonlySet<string>,
  target: RowTarget,
): Promise<TakenOut> {
  const removes: Remove[] = [];
  let rows = 0;
  const sorted = [...batches].sort(compareKeys);
  for (const [path, add] of batches.size === 0 ? [] : snapshot.files) {
    if (!mayHave(add, sorted)) continue;
    const key = `${READINGS}${path}`;
    const file = await openTableFile(storage, READINGS, path, add);
    const kept = await rowsToKeep(file, batches);
    if (kept === null) continue;
    for (const { group, numbers } of kept) {
      rows += group.end - group.start - numbers.length;
      if (numbers.length > 0) await keep(key, file, add, group, numbers, target);
    }
    removes.push(removalOf(add, true));
  }
  return { removes, rows };
}

/** By the statistics of a file alone: any doubt says that it may. */
function mayHave(add: Add, sorted: readonly string[]): boolean {
  const { minValues, maxValues } = readStatistics(add);
  const [min, max] = [minValues.batch, maxValues.batch];
  const first = typeof min === "string" ? sorted.find((path) => compareKeys(path, min) >= 0) : sorted[0];
  return first !== undefined && (typeof max !== "string" || compareKeys(first, max) <= 0);
}

type Group = ParquetFile["groups"][number];

/** The rows of each row group that are of other batches, by their numbers in it; null where none is of these. */
async function rowsToKeep(file: ParquetFile, batches: ReadonlySet<string>) {
  let isHit = false;
  const kept: { readonly group: Group; readonly numbers: number[] }[] = [];
  for (const group of file.groups) {
    const values = await file.read("batch", group);
    const numbers: number[] = [];
    for (let i = 0; i < values.length; i++) if (!batches.has(values[i] as string)) numbers.push(i);
    isHit ||= numbers.length < values.length;
    kept.push({ group, numbers });
  }
  return isHit ? kept : null;
}

async function keep(
  key: string,
  file: ParquetFile,
  { partitionValues }: Add,
  group: Group,
  numbers: readonly number[],
  { columns, buffer, drain }: RowTarget,
): Promise<void> {
  const carried = columns.carried.map(({ name }) => name);
  const known: readonly string[] = [...FIXED.map(({ name }) => name), ...carried];
  const strange = file.columns.find((name) => !known.includes(name));
  if (strange !== undefined) throw foreign(key, `it has the column "${strange}"`);
  const values = new Map<string, ArrayLike<unknown>>();
  for (const name of file.columns) values.set(name, await file.read(name, group));
  const day = dayOfDate(partitionValues[PARTITION] ?? null);
  const of = <T>(name: (typeof FIXED)[number]["name"], i: number) => {
    const value = values.get(name)?.[i];
    if (value === null || value === undefined) throw foreign(key, `it has a row without ${name}`);
    return value as T;
  };
  for (const i of numbers) {
    const to = buffer();
    const row = to.next();
    to.days[row] = day;
    to.millis[row] = Number(of<bigint>("timestamp", i) / 1000n);
    to.nanos[row] = of("nanos", i);
    to.values[row] = of("value", i);
    to.scores[row] = of("anomaly_score", i);
    to.anomalies[row] = of<boolean>("anomaly", i) ? 1 : 0;
    to.devices[row] = to.deviceTexts.numberOfText(of("device_id", i));
    to.units[row] = to.unitTexts.numberOfText(of("unit", i));
    to.batches[row] = to.batchTexts.numberOfText(of("batch", i));
    for (const [column, name] of carried.entries()) {
      const text = values.get(name)?.[i];
      if (typeof text === "string") to.setCarriedText(column, row, text);
    }
  }
  await drain();
}

function foreign(key: string, why: string) {
  return unsupported(
    READINGS,
    `rows of a batch have to be taken out of "${key}", which another program wrote, and ${why}`,
  );
}
