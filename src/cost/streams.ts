import type { ObjectInfo } from "../storage/port.ts";
import { HOUR_MS } from "../time.ts";

/** A batch of a shard of Kinesis, whose shards alone are called so; the other doors' are no part of AWS. */
const STREAM_BATCH = /^bronze\/stream\/([^/]+\/shardId-\d+)\//;
/** S3 requests of an invocation that writes a batch: the batch and the checkpoint; the checkpoint, before and behind. */
export const STREAM_REQUESTS = { put: 2, get: 2 } as const;
/** Metrics of its alarms, as infra/terraform makes them; a test counts them. */
export const STREAM_ALARMS = 7;

/** Whether a key is that of a batch of a stream. */
export function isOfStream(key: string): boolean {
  return STREAM_BATCH.test(key);
}

/** The batches of streams that were written since, and how many shards have one of the last hour in which there was any. */
export function streamsOf(objects: readonly Pick<ObjectInfo, "key" | "modified">[], since: number) {
  const written = objects.flatMap(({ key, modified }) => {
    const shard = modified < since ? undefined : STREAM_BATCH.exec(key)?.[1];
    return shard === undefined ? [] : [{ shard, modified }];
  });
  const newest = written.reduce((last, { modified }) => Math.max(last, modified), 0);
  const shards = new Set(written.filter(({ modified }) => newest - modified < HOUR_MS).map(({ shard }) => shard));
  return { batches: written.length, shards: shards.size };
}
