import { compareKeys } from "../storage/keys.ts";
import type { LakeStorage } from "../storage/port.ts";
import { readSnapshot } from "../tables/delta/snapshot.ts";
import type { Snapshot } from "../tables/delta/state.ts";
import { TableColumns } from "../tables/readings/columns.ts";
import { tableSummary } from "../tables/readings/describe.ts";
import { READINGS } from "../tables/readings/layout.ts";
import { filesByDay } from "../tables/scan/units.ts";
import { type BatchDifference, compareDay, type DayOptions } from "./table-days.ts";

/** What the tables of two lakes differ in, by what they hold: which files their rows are in is nobody's business. */
export interface TableDifference {
  /** The versions that were compared; null where there is no table. */
  readonly a: number | null;
  readonly b: number | null;
  readonly rows: { readonly same: number; readonly onlyInA: number; readonly onlyInB: number };
  /** In the order of their paths. None where one lake has no table at all. */
  readonly batches: readonly BatchDifference[];
  /** Batches that differ beyond those told. */
  readonly more: number;
}

export interface CompareTablesOptions extends DayOptions {
  /** Batches told; the rest is counted. */
  readonly limit: number;
  /** Asked before each day; true ends the comparison. */
  readonly stopped?: () => boolean;
}

/**
 * Compares two tables day by day, in memory that grows with the batches of a day and those that differ, not with rows. Null where
 * neither lake has a table. Throws what reading a table throws.
 */
export async function compareTables(
  lakeA: LakeStorage,
  lakeB: LakeStorage,
  options: CompareTablesOptions,
): Promise<TableDifference | null> {
  const [a, b] = await Promise.all([lakeA, lakeB].map((lake) => readSnapshot(lake, READINGS)));
  if (a === null && b === null) return null;
  if (options.prefix === "" && (a === null || b === null)) {
    const rowsOf = async (lake: LakeStorage, one: Snapshot | null) =>
      one === null ? 0 : (await tableSummary(lake, one)).rows;
    const rows = { same: 0, onlyInA: await rowsOf(lakeA, a), onlyInB: await rowsOf(lakeB, b) };
    return { a: a?.version ?? null, b: b?.version ?? null, rows, batches: [], more: 0 };
  }
  const [daysA, daysB] = [a, b].map((one) => filesByDay(one ?? { files: new Map() }));
  const sideA = { storage: lakeA, columns: new TableColumns(a?.metadata ?? null) };
  const sideB = { storage: lakeB, columns: new TableColumns(b?.metadata ?? null) };
  const found = new Map<string, BatchDifference>();
  let same = 0;
  for (const day of new Set([...daysA.keys(), ...daysB.keys()])) {
    if (options.stopped?.() === true) break;
    const [dayA, dayB] = [
      { ...sideA, files: daysA.get(day) ?? [] },
      { ...sideB, files: daysB.get(day) ?? [] },
    ];
    same += await compareDay(dayA, dayB, options, ({ batch, onlyInA, onlyInB }) => {
      const before = found.get(batch);
      const [inA, inB] = [onlyInA + (before?.onlyInA ?? 0), onlyInB + (before?.onlyInB ?? 0)];
      found.set(batch, { batch, onlyInA: inA, onlyInB: inB });
    });
  }
  const batches = [...found.values()].sort((x, y) => compareKeys(x.batch, y.batch));
  const sum = (of: (one: BatchDifference) => number) => batches.reduce((total, one) => total + of(one), 0);
  return {
    a: a?.version ?? null,
    b: b?.version ?? null,
    rows: { same, onlyInA: sum(({ onlyInA }) => onlyInA), onlyInB: sum(({ onlyInB }) => onlyInB) },
    batches: batches.slice(0, options.limit),
    more: Math.max(0, batches.length - options.limit),
  };
}
