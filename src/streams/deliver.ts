import { VantageflowError } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";
import { batchKey, lastSequence, writeBatch } from "./batch.ts";
import { moveCheckpoint, readShardCheckpoint } from "./checkpoint.ts";
import {
  bronzeRows,
  checkShard,
  compareSequences,
  isSequence,
  type NumberedRows,
  type Shard,
  START,
  type StreamRecord,
} from "./record.ts";

/** Others who deliver the same shard at the same time are zombies, and few. */
const MAX_RACES = 100;

/** What became of records that were delivered. */
export interface Delivered {
  /** Batches that this delivery wrote. */
  readonly batches: readonly string[];
  /** Records that it wrote, and those that were in bronze already. */
  readonly written: number;
  readonly known: number;
  /** How far the shard has come. */
  readonly last: string;
}

/**
 * Brings records of a shard into bronze, each exactly once, however often and with whatever boundaries they are delivered. A delivery
 * has all records of the shard between its first and its last, in order, but for those that the source withholds for good;
 * of a number all records or none. When it is through, all of them are durable.
 *
 * A batch is named by the record that it comes behind, and written if there is none. So batches are a chain: of those who go on from
 * the same record one writes what follows, and the others take what it wrote for theirs and go on behind it, be they
 * invocations that were given up and write late. The checkpoint only says how far the chain had come once; it may be late, and is never
 * ahead. Killed at any moment, the next delivery goes on.
 *
 * Throws `usage` for records without order, `input_invalid` for a batch or checkpoint that somebody else has written, and what the
 * store throws.
 */
export async function deliverRows(
  storage: LakeStorage,
  shard: Shard,
  records: readonly NumberedRows[],
): Promise<Delivered> {
  checkShard(shard);
  checkOrder(records);
  const batches: string[] = [];
  let written = 0;
  for (let races = 0; races < MAX_RACES; races++) {
    const checkpoint = await readShardCheckpoint(storage, shard);
    const fresh = behind(records, checkpoint.last);
    if (fresh.length === 0) {
      return { batches, written, known: countOf(records) - written, last: checkpoint.last };
    }
    const key = batchKey(shard, checkpoint.last);
    const isOurs = await writeBatch(storage, key, fresh, shard.form);
    if (isOurs) {
      batches.push(key);
      written += countOf(fresh);
    }
    const last = isOurs ? fresh[fresh.length - 1].sequence : await lastSequence(storage, key, shard.form);
    await moveCheckpoint(storage, shard, checkpoint, { last, isEnded: checkpoint.isEnded });
  }
  const why = `${MAX_RACES} times in a row another was faster. Deliver it again when fewer read this shard`;
  throw new VantageflowError("conflict", `Cannot go on with ${shard.source}/${shard.shard}: ${why}.`);
}

/** The same of records that are not rows yet. */
export function deliver(storage: LakeStorage, shard: Shard, records: readonly StreamRecord[]): Promise<Delivered> {
  return deliverRows(storage, shard, records.map(bronzeRows));
}

function countOf(records: readonly NumberedRows[]): number {
  return records.reduce((sum, { count }) => sum + count, 0);
}

/** Keeps that a shard is closed and everything of it was delivered; whoever reads its children waits for that. */
export function endShard(storage: LakeStorage, shard: Shard): Promise<void> {
  return setEnded(storage, shard, true);
}

/** Keeps that there is a shard of this name again, whose numbers go on behind those of the old. */
export function reopenShard(storage: LakeStorage, shard: Shard): Promise<void> {
  return setEnded(storage, shard, false);
}

async function setEnded(storage: LakeStorage, shard: Shard, isEnded: boolean): Promise<void> {
  checkShard(shard);
  for (let races = 0; races < MAX_RACES; races++) {
    const seen = await readShardCheckpoint(storage, shard);
    if (await moveCheckpoint(storage, shard, seen, { last: seen.last, isEnded })) return;
  }
}

/** Those that are not in bronze yet. */
function behind(records: readonly NumberedRows[], last: string): readonly NumberedRows[] {
  const first = records.findIndex(({ sequence }) => compareSequences(sequence, last) > 0);
  return first === -1 ? [] : records.slice(first);
}

function checkOrder(records: readonly NumberedRows[]): void {
  let before = START;
  for (const { sequence } of records) {
    if (!isSequence(sequence) || sequence === START || compareSequences(sequence, before) < 0) {
      const why = `the record "${sequence}" comes behind "${before}", and numbers must rise`;
      throw new VantageflowError("usage", `Cannot take these records: ${why}.`);
    }
    before = sequence;
  }
}
