import { setMaxListeners } from "node:events";
import type { LakeStorage } from "../../storage/port.ts";
import { readShardCheckpoint } from "../../streams/checkpoint.ts";
import { endShard, reopenShard } from "../../streams/deliver.ts";
import { compareSequences, START } from "../../streams/record.ts";
import { streamEvent } from "./event.ts";
import type { Discarded } from "./invocations.ts";
import type { MappingSettings } from "./settings.ts";
import { runShard, type ShardProgress } from "./shard.ts";
import type { ShardInfo, StreamSource } from "./source.ts";
import { createTurns } from "./turns.ts";

export interface MappingOptions {
  readonly source: StreamSource;
  /** The stream, as batches and checkpoints are named by it. */
  readonly name: string;
  /** How far each shard has come stands here. */
  readonly storage: LakeStorage;
  readonly settings: MappingSettings;
  /** The function, given an event as Lambda makes it. */
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly discard: (discarded: Discarded) => Promise<void>;
  /** Before each invocation, Lambda's metric IteratorAge: how old the last of its records is. Milliseconds. */
  readonly onInvoke?: (shard: string, records: number, iteratorAgeMs: number) => void;
  readonly onTrouble: (error: unknown) => void;
  readonly now: () => number;
  readonly retryMs?: number;
  readonly pollMs?: number;
}

/** What a mapping is at. */
interface MappingLook {
  /** Whether every shard could be read when it was asked last. */
  readonly isReached: boolean;
  /** Records and bytes that were fetched and are not done with, and for how long the oldest has been, milliseconds; null where there are none. */
  readonly records: number;
  readonly bytes: number;
  readonly oldestMs: number | null;
  /** How old the last record of the shard was that is furthest behind. Milliseconds. */
  readonly lagMs: number;
}

export interface StreamMapping {
  look(): MappingLook;
  /** Fetches no more, brings what is gathered to the function once, and settles when that has ended. */
  stop(): Promise<void>;
}

/** Of all shards. */
const MAX_GATHERED_BYTES = 32 * 1024 * 1024;
/** At once: an answer may have 10 MB. */
const MAX_FETCHES = 3;
/** New shards are looked for when one ends, and as often as this, for lists are not always up to date. Milliseconds. */
const LOOK_MS = 60_000;

/**
 * Brings the records of a stream to a function, as an event source mapping of Lambda's does: shard by shard in order, one invocation at a time
 * for each, and those of a shard before those of the ones that it was split or merged into. Each goes on where the lake says that it has
 * come to; a stream that is new is read from its oldest record. Throws what the first look at the shards throws.
 */
export async function mapStream(options: MappingOptions): Promise<StreamMapping> {
  const { source, name, storage, retryMs = 1000, pollMs = 1000, now, onTrouble } = options;
  const stopping = new AbortController();
  // Each shard listens to it.
  setMaxListeners(0, stopping.signal);
  const inTurn = createTurns(MAX_FETCHES);
  const progress = new Map<string, ShardProgress>();
  const begun = new Map<string, Promise<void>>();
  const done = new Set<string>();
  let looking: Promise<void> = Promise.resolve();
  let isAsked = false;

  function progressOf(shard: string): ShardProgress {
    const one = { records: 0, bytes: 0, since: null, lagMs: 0, isReached: true };
    progress.set(shard, one);
    return one;
  }

  function sumOf(count: (of: ShardProgress) => number): number {
    return [...progress.values()].reduce((sum, one) => sum + count(one), 0);
  }

  async function run(shard: ShardInfo): Promise<void> {
    const place = { source: name, shard: shard.id };
    const { last, isEnded } = await readShardCheckpoint(storage, place);
    // A stream that was made anew has shards of the same names, whose numbers go on behind those of the old.
    const isNew = compareSequences(shard.first, last) > 0;
    if (isEnded && isNew) await reopenShard(storage, place);
    if (!isEnded || isNew) {
      const isThrough = await runShard({
        ...options,
        shard: shard.id,
        reader: source.read(shard.id, isNew ? null : last),
        progress: progressOf(shard.id),
        isFull: () => sumOf(({ bytes }) => bytes) >= MAX_GATHERED_BYTES,
        inTurn,
        retryMs,
        pollMs,
        stopping: stopping.signal,
        invoke(records) {
          options.onInvoke?.(shard.id, records.length, Math.max(0, now() - records[records.length - 1].arrived));
          return options.invoke(streamEvent(source.arn, shard.id, records));
        },
      });
      if (!isThrough) return;
      // One that had nothing is soon looked through again.
      if ((await readShardCheckpoint(storage, place)).last !== START) await endShard(storage, place);
    }
    done.add(shard.id);
    progress.delete(shard.id);
    look();
  }

  async function lookOnce(): Promise<void> {
    const shards = await source.shards();
    const listed = new Set(shards.map(({ id }) => id));
    for (const shard of shards) {
      if (begun.has(shard.id) || stopping.signal.aborted) continue;
      // Parents that the stream has no more are as good as done.
      if (!shard.parents.every((parent) => done.has(parent) || !listed.has(parent))) continue;
      const running = run(shard).catch((error) => {
        onTrouble(error);
        // The next look begins it again.
        begun.delete(shard.id);
      });
      begun.set(shard.id, running);
    }
  }

  /** A look that has not begun yet sees all that asks for one. */
  function look(): void {
    if (isAsked) return;
    isAsked = true;
    looking = looking
      .then(() => {
        isAsked = false;
        return lookOnce();
      })
      .catch(onTrouble);
  }

  await lookOnce();
  const timer = setInterval(look, LOOK_MS);
  return {
    look() {
      const shards = [...progress.values()];
      const oldest = shards.reduce((least, { since }) => Math.min(least, since ?? least), Number.POSITIVE_INFINITY);
      return {
        isReached: shards.every((one) => one.isReached),
        records: sumOf(({ records }) => records),
        bytes: sumOf(({ bytes }) => bytes),
        oldestMs: oldest === Number.POSITIVE_INFINITY ? null : performance.now() - oldest,
        lagMs: shards.reduce((most, { lagMs }) => Math.max(most, lagMs), 0),
      };
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await looking;
      await Promise.all(begun.values());
    },
  };
}
