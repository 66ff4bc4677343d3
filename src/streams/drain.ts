import { messageOf, VantageflowError } from "../errors.ts";
import type { LakeStorage } from "../storage/port.ts";
import { deliverRows } from "./deliver.ts";
import { saltOf, segmentsIn } from "./journal.ts";
import type { RequestKeys } from "./keys.ts";
import type { LeftSegments } from "./left-segments.ts";
import type { SeenReadings } from "./seen.ts";
import { readSegment } from "./segment.ts";
import { keepKeys, loadKeys, type ShardFolder, type Spool, sweepShard, takeShards } from "./spool.ts";

/** A segment that came into bronze. */
export interface Flushed {
  /** The batches that were written for it: none where another had done it. */
  readonly batches: readonly string[];
  readonly records: number;
}

export interface DrainTarget {
  readonly storage: LakeStorage;
  readonly source: string;
  readonly spool: Spool;
  /** What is remembered of readings, where it is. */
  readonly seen?: SeenReadings;
  readonly onFlushed: (flushed: Flushed) => void;
  readonly onTrouble: (error: unknown) => void;
}

/** How often it is looked for what processes that are gone have left. */
export const TAKE_OVER_MS = 60_000;
const DAMAGED = ".damaged";

/**
 * Brings a segment into bronze and removes it, once that is durable and the keys of its requests are kept. False where it is not
 * there: another has done that. Segments of a shard come in their order, or the later ones would pass for all of it.
 */
export async function drainSegment(target: DrainTarget, folder: ShardFolder, path: string): Promise<boolean> {
  const { storage, source, spool, seen, onFlushed } = target;
  const { files } = spool;
  const bytes = await files.read(path);
  if (bytes === null) return false;
  const { entries, damaged } = readSegment(bytes, saltOf(path));
  const records = entries.map(({ first, count, rows }) => ({ sequence: String(first + count - 1), rows, count }));
  const shard = { source, shard: folder.shard, ...(spool.form && { form: spool.form }) };
  const { batches, written } = await deliverRows(storage, shard, records);
  await keepKeys(
    spool,
    folder,
    entries.flatMap((entry) => entry.keyed ?? []),
  );
  await seen?.save(spool);
  if (damaged) {
    await files.move(path, path + DAMAGED);
    const why = `some of its lines are not what was written. What is whole is in bronze; the file is kept as "${path}${DAMAGED}"`;
    target.onTrouble(new VantageflowError("input_invalid", `Cannot read all of "${path}": ${why}.`));
  } else {
    await files.remove(path);
  }
  if (written > 0) onFlushed({ batches, records: written });
  return true;
}

/** Takes over what processes that are gone have left, and knows their keys. Nothing of it goes to the lake yet. */
export async function takeOver(
  { spool, seen }: DrainTarget,
  keys: RequestKeys,
  now: number,
): Promise<readonly ShardFolder[]> {
  const taken = await takeShards(spool, now);
  await loadKeys(spool, taken, keys, seen);
  return taken;
}

/** Brings into bronze what was taken over, and counts in `left` what is not there yet. What fails is told; the next call goes on with it. */
export async function drainTaken(
  target: DrainTarget,
  taken: readonly ShardFolder[],
  left: LeftSegments,
  now: number,
): Promise<void> {
  const tell = (error: unknown) => {
    target.onTrouble(error instanceof VantageflowError ? error : new Error(messageOf(error), { cause: error }));
  };
  // Before, for what is to be done, and behind, for what another has done meanwhile.
  await left.look(taken).catch(tell);
  for (const folder of taken) {
    try {
      for (const path of await segmentsIn(target.spool.files, folder.path)) {
        await drainSegment(target, folder, path);
        left.forget(path);
      }
      await sweepShard(target.spool, folder, now);
    } catch (error) {
      tell(error);
    }
  }
  await left.look(taken).catch(tell);
}
