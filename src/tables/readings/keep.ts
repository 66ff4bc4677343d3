import { isTurnOf } from "../delta/checkpoint.ts";
import { type CompactResult, compactReadings, MANY_FILES } from "./compact.ts";
import { dropOldDays, vacuumReadings } from "./expire.ts";
import { syncReadings } from "./sync.ts";
import type { SyncContext, SyncOptions, SyncResult } from "./sync-types.ts";

/** What keeping the table came to; no merge was worth it where `compacted` is null. */
export interface KeptTable extends SyncResult {
  readonly compacted: CompactResult | null;
}

/**
 * What whoever keeps the table does again and again: a sync, and where its commits have left many small files in a day, the merge of
 * these. See {@link syncReadings}.
 */
export async function keepReadings(context: SyncContext, options: SyncOptions = {}): Promise<KeptTable> {
  const synced = await syncReadings(context, options);
  const { stopped } = options;
  if (stopped?.() === true) return { ...synced, compacted: null };
  const compacted = await compactReadings(context, { above: MANY_FILES, ...(stopped && { stopped }) });
  if (compacted.commits === 0) return { ...synced, compacted: null };
  return { ...synced, version: compacted.version ?? synced.version, compacted };
}

/**
 * Takes out days past the table's retention and files that no version needs, once in twenty versions: for whom nobody calls
 * `expire`. Whom a kill or the end of its time keeps from it does it twenty versions later.
 */
export async function tidyReadings(context: SyncContext, { version, commits, compacted }: KeptTable): Promise<void> {
  if (!isTurnOf(version - commits - (compacted?.commits ?? 0), version)) return;
  const now = context.now();
  await dropOldDays(context, now);
  await vacuumReadings(context, { now, clock: now });
}
