import { DAY_MS } from "../../time.ts";
import { topology } from "../../topology.ts";
import { PARTITION } from "../days/day.ts";
import { type Add, removalOf } from "../delta/actions.ts";
import { checkpointInTurn } from "../delta/checkpoint.ts";
import { MAX_RACES, raced } from "../delta/races.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { cutoffOf, type ExpireTimes, type Garbage, planVacuum, removeGarbage } from "../delta/vacuum.ts";
import { TableColumns } from "./columns.ts";
import { commitSync } from "./commit-sync.ts";
import { READINGS } from "./layout.ts";
import { recoverReceipts } from "./recover.ts";
import type { SyncContext } from "./sync-types.ts";

/** In the table's properties: the first day that no row was taken away of because of its age. */
const DROPPED = "vantageflow.droppedBefore";

/** Files whose rows are past the table's retention. */
export interface Dropped {
  readonly path: string;
  readonly add: Add;
  /** Whole days since its readings. */
  readonly ageDays: number;
}

/** What becomes of a table as time passes. */
export interface TableExpiry {
  readonly drop: readonly Dropped[];
  readonly garbage: readonly Garbage[];
}

/** What is past its time of the table of readings; nothing where there is none. Nothing is changed. */
export async function planTableExpiry(storage: SyncContext["storage"], times: ExpireTimes): Promise<TableExpiry> {
  const snapshot = await readSnapshot(storage, READINGS);
  if (snapshot === null) return { drop: [], garbage: [] };
  return { drop: oldFilesOf(snapshot, times.now), garbage: await planVacuum(storage, snapshot, cutoffOf(times)) };
}

/** Readings on no day that readers know, which have no partition value, stay. */
function oldFilesOf({ files }: Snapshot, now: number): Dropped[] {
  const before = dateBefore(now);
  return [...files].flatMap(([path, add]) => {
    const { [PARTITION]: date = null } = add.partitionValues;
    if (date === null || date >= before) return [];
    return [{ path, add, ageDays: Math.floor((now - Date.parse(`${date}T00:00:00Z`)) / DAY_MS) }];
  });
}

/** The first day whose rows stay. */
function dateBefore(now: number): string {
  return new Date(now - topology.tables.readings.rowDays * DAY_MS).toISOString().slice(0, 10);
}

/** Takes the days out of the table that are past its retention, in one commit. Their batches stay known: nothing of them comes again. */
export async function dropOldDays(context: SyncContext, now: number): Promise<readonly Dropped[]> {
  const { storage } = context;
  for (let races = 0; races <= MAX_RACES; races++) {
    const snapshot = await readSnapshot(storage, READINGS);
    const drop = snapshot === null ? [] : oldFilesOf(snapshot, now);
    if (snapshot === null || drop.length === 0) return [];
    await recoverReceipts(context, snapshot);
    const before = dateBefore(now);
    // A clock that was put back does not make it less.
    const [, latest] = [droppedBefore(snapshot) ?? before, before].sort();
    const committed = await commitSync(context, snapshot, {
      ...{ operation: "DELETE" as const, batches: [], gone: [], adds: [] },
      removes: drop.map(({ add }) => removalOf(add, true)),
      columns: new TableColumns(snapshot.metadata),
      properties: { [DROPPED]: latest },
    });
    if (committed === "raced") continue;
    await checkpointInTurn(storage, committed, context.now());
    return drop;
  }
  throw raced(READINGS);
}

/** The day before which rows were taken away of because of their age, `2025-12-27`; null where none ever were. */
export function droppedBefore({ metadata }: Snapshot): string | null {
  return metadata.configuration?.[DROPPED] ?? null;
}

/** Removes from the lake what no version within the table's retention needs. Returns what is gone. */
export async function vacuumReadings(
  context: SyncContext,
  times: ExpireTimes,
  options: { readonly stopped?: () => boolean } = {},
): Promise<readonly Garbage[]> {
  const { storage } = context;
  const snapshot = await readSnapshot(storage, READINGS);
  if (snapshot === null) return [];
  // Receipts that are missing are written from the log, which is about to be shorter.
  await recoverReceipts(context, snapshot);
  const garbage = await planVacuum(storage, snapshot, cutoffOf(times));
  return removeGarbage(storage, garbage, () => readSnapshot(storage, READINGS), options);
}
