import { checkpointInTurn } from "../delta/checkpoint.ts";
import { MAX_RACES, raced } from "../delta/races.ts";
import { readSnapshot } from "../delta/snapshot.ts";
import type { Snapshot } from "../delta/state.ts";
import { attemptSync, type Unreadable } from "./attempt.ts";
import { createTable } from "./create.ts";
import { READINGS } from "./layout.ts";
import { planSync } from "./plan.ts";
import { recoverReceipts, replaceLost } from "./recover.ts";
import type { AttemptResult, SyncContext, SyncOptions, SyncResult } from "./sync-types.ts";

/**
 * Brings the table of readings to what silver and anomalies are: batches that are new come in, rows of those that were replaced or taken
 * away go in the same commit, and what expired stays. Many batches make one commit. Killed at any moment, the next run goes on:
 * no row is ever in the table twice, and none is missing once it is through.
 *
 * Throws `table_damaged`, `table_unsupported`, `storage_failed`, and `conflict` after twenty races that were lost to other writers.
 */
export async function syncReadings(context: SyncContext, options: SyncOptions = {}): Promise<SyncResult> {
  const { storage, now } = context;
  const done: AttemptResult[] = [];
  const left = new Set<string>();
  const unreadable: Unreadable = new Map();
  let races = 0;
  for (;;) {
    let snapshot = (await readSnapshot(storage, READINGS)) ?? (await createTable(context));
    await recoverReceipts(context, snapshot);
    const plan = await planSync(storage, now(), options.onSkipped ?? (() => {}), left);
    if (await replaceLost(context, snapshot, plan.known)) continue;
    if (plan.batches.length + plan.gone.length === 0 || options.stopped?.() === true) return resultOf(snapshot, done);
    const attempt = await attemptSync(context, snapshot, plan, options, unreadable);
    if (attempt === "spoiled") continue;
    if (attempt === "raced") {
      if (++races > MAX_RACES) throw raced(READINGS);
      continue;
    }
    races = 0;
    done.push(attempt);
    snapshot = attempt.snapshot ?? snapshot;
    await checkpointInTurn(storage, snapshot, now());
    for (const { path } of [...attempt.waiting, ...attempt.refused]) left.add(path);
    if (!plan.isCut) return resultOf(snapshot, done);
  }
}

function resultOf({ version }: Snapshot, done: readonly AttemptResult[]): SyncResult {
  const sum = (of: (one: AttemptResult) => number) => done.reduce((total, one) => total + of(one), 0);
  return {
    version,
    commits: sum(({ snapshot }) => (snapshot === null ? 0 : 1)),
    batches: sum(({ batches }) => batches),
    rows: sum(({ rows }) => rows),
    replaced: sum(({ replaced }) => replaced),
    gone: sum(({ gone }) => gone),
    removed: sum(({ removed }) => removed),
    renewed: sum(({ renewed }) => renewed),
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    columns: done.flatMap(({ columns }) => columns),
    refused: done.flatMap(({ refused }) => refused),
    waiting: done.flatMap(({ waiting }) => waiting),
  };
}
