import { setTimeout as sleep } from "node:timers/promises";
import { VantageflowError } from "../../errors.ts";
import { type InvocationOptions, settle } from "./invocations.ts";
import type { Fetched, ShardReader, SourceRecord } from "./source.ts";
import type { Turns } from "./turns.ts";

/** What is known of a shard while it is read. */
export interface ShardProgress {
  /** Records that were fetched and are not done with, and since when, by the clock of `performance`. */
  records: number;
  bytes: number;
  since: number | null;
  /** How old the last record was when it was fetched; 0 where there was none. Milliseconds. */
  lagMs: number;
  /** Whether the last fetch was answered. */
  isReached: boolean;
}

export interface ShardOptions extends Omit<InvocationOptions, "signal"> {
  readonly reader: ShardReader;
  readonly progress: ShardProgress;
  /** Whether the shards have gathered as much as they may: then what there is is a batch. */
  readonly isFull: () => boolean;
  readonly inTurn: Turns;
  /** Between two looks at a shard that has nothing new; a fifth of it at one that has. Milliseconds. */
  readonly pollMs: number;
  /** Once it is aborted, what is gathered is brought to the function once, and nothing more is fetched. */
  readonly stopping: AbortSignal;
}

/** Reads a shard to its end and brings all of it to the function, one invocation at a time. False where it was told to stop before. */
export async function runShard(options: ShardOptions): Promise<boolean> {
  const { pollMs, stopping } = options;
  let gathered: readonly SourceRecord[] = [];
  try {
    while (!stopping.aborted) {
      const started = performance.now();
      // Nothing more is fetched while others wait for the lake with all that may be in memory.
      if (options.isFull() && gathered.length === 0) {
        await sleep(pollMs, undefined, { signal: stopping }).catch(() => {});
        continue;
      }
      const fetched = await fetch(options);
      gathered = gathered.concat(fetched.records);
      keepCount(options, gathered, started);
      const left = await bring(options, gathered, fetched.isEnd);
      if (left === null) return false;
      gathered = left;
      if (fetched.isEnd) return true;
      const pause = fetched.records.length > 0 ? pollMs / 5 : pollMs;
      await sleep(pause - (performance.now() - started), undefined, { signal: stopping }).catch(() => {});
    }
    await bring(options, gathered, true);
    return false;
  } finally {
    keepCount(options, [], 0);
  }
}

async function fetch({ shard, reader, progress, inTurn, now, onTrouble }: ShardOptions): Promise<Fetched> {
  try {
    const fetched = await inTurn(() => reader.next());
    if (fetched.isGone === true) onTrouble(shardGone(shard));
    const last = fetched.records.at(-1);
    progress.lagMs = last === undefined ? 0 : Math.max(0, now() - last.arrived);
    progress.isReached = true;
    return fetched;
  } catch (error) {
    progress.isReached = false;
    onTrouble(error);
    return { records: [], isEnd: false };
  }
}

function shardGone(shard: string): VantageflowError {
  const why = "the stream has it no more, and keeps records no longer than its retention. It goes on with the others";
  return new VantageflowError("not_found", `Cannot tell whether all of ${shard} was read: ${why}.`);
}

/**
 * Brings to the function what is gathered, as soon as it is a batch, and all of it where no more comes. Returns what is not one yet; null
 * where it was told to stop.
 */
async function bring(
  options: ShardOptions,
  gathered: readonly SourceRecord[],
  isLast: boolean,
): Promise<readonly SourceRecord[] | null> {
  const { settings, progress, isFull, stopping } = options;
  let left = gathered;
  while (left.length > 0) {
    const count = countOf(left, settings);
    const isWhole = count < left.length || count === settings.batchSize;
    const waited = performance.now() - (progress.since ?? 0);
    if (!isWhole && !isLast && waited < settings.windowMs && !isFull()) break;
    if (!(await settle({ ...options, signal: stopping }, left.slice(0, count)))) return null;
    left = left.slice(count);
    progress.since = null;
    keepCount(options, left, performance.now());
  }
  return left;
}

function keepCount({ progress }: ShardOptions, gathered: readonly SourceRecord[], time: number): void {
  progress.records = gathered.length;
  progress.bytes = gathered.reduce((sum, { data }) => sum + data.length, 0);
  progress.since = gathered.length === 0 ? null : (progress.since ?? time);
}

/** How many of them make a batch at most, and one at least. */
function countOf(records: readonly SourceRecord[], { batchSize, batchBytes }: ShardOptions["settings"]): number {
  let bytes = 0;
  for (const [i, { data }] of records.entries()) {
    bytes += data.length;
    if (i === batchSize || (i > 0 && bytes > batchBytes)) return i;
  }
  return records.length;
}
