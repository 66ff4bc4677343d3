import { setTimeout as sleep } from "node:timers/promises";
import { streamEvent } from "../../emulator/streams/event.ts";
import type { Discarded } from "../../emulator/streams/invocations.ts";
import { type KinesisSource, openKinesis } from "../../emulator/streams/kinesis.ts";
import { mapStream } from "../../emulator/streams/mapping.ts";
import { VantageflowError } from "../../errors.ts";
import { writeStreamLetter } from "../../ledger/stream-letters.ts";
import { type DeliverOptions, deliverEvent, responseOf } from "../../streams/kinesis/deliver-event.ts";
import { checkShard } from "../../streams/record.ts";
import { topology } from "../../topology.ts";
import { plural } from "../plural.ts";
import type { DoorContext, OpenDoor } from "./door.ts";

const DOOR = "kinesis";
const [FIRST_DELAY_MS, LAST_DELAY_MS] = [1000, 60_000];

/** `--kinesis`: the records of a stream. They are durable where they are, so that there is no spool. */
export async function openKinesisDoor(context: DoorContext): Promise<OpenDoor | null> {
  const { io, flags, storage, limits, onTrouble } = context;
  const { kinesis: stream, kinesisEndpoint: endpoint } = flags;
  if (stream === undefined) {
    if (endpoint === undefined) return null;
    throw new VantageflowError("usage", "Cannot use --kinesis-endpoint without a stream. Name one with --kinesis.");
  }
  checkShard({ source: stream, shard: DOOR });
  const source = await openKinesis({ stream, endpoint });
  const stopping = new AbortController();
  const again: DeliverOptions["again"] = async (error, failures) => {
    onTrouble(error);
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LAST_DELAY_MS);
    await sleep(delay, undefined, { signal: stopping.signal }).catch(() => {});
    return !stopping.signal.aborted;
  };
  let [readings, ageMs] = [0, 0];
  try {
    const mapping = await mapStream({
      source,
      name: stream,
      storage,
      settings: settingsOf(context),
      async invoke(event) {
        const iteratorAgeMs = ageMs;
        const done = await deliverEvent(storage, event, { maxReadings: limits.records, again });
        readings += done.written;
        if (done.written > 0) context.onFlushed({ batches: done.batches, records: done.written, iteratorAgeMs });
        return responseOf(done);
      },
      discard: (discarded) => keep(context, source, discarded),
      onInvoke(_shard, _records, age) {
        ageMs = age;
      },
      onTrouble,
      now: io.now,
    });
    return {
      listening: { door: DOOR, stream, arn: source.arn },
      place: `the stream ${stream}`,
      spools: [],
      ended: new Promise(() => {}),
      look() {
        const { isReached, records, bytes, oldestMs, lagMs } = mapping.look();
        const oldest = oldestMs === null ? null : Math.round(oldestMs / 1000);
        return {
          connected: isReached,
          readings,
          pending: { readings: records, bytes, oldest_seconds: oldest },
          lag_seconds: Math.round(lagMs / 1000),
        };
      },
      async stop() {
        stopping.abort();
        await mapping.stop();
        source.close();
      },
      // What is not in bronze yet, the stream has.
      close: async () => 0,
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** Those of the function in AWS, but for how much is a batch. */
function settingsOf({ limits }: DoorContext) {
  const { bisect } = topology.functions.stream.startedBy;
  return {
    batchSize: limits.records,
    batchBytes: limits.bytes,
    windowMs: limits.ms,
    maxRetries: topology.functions.stream.retries,
    // What the stream still has is taken, however long nobody listened.
    maxRecordAgeMs: Number.POSITIVE_INFINITY,
    bisect,
    reportsFailures: true,
  };
}

async function keep(
  { io, storage, onTrouble }: DoorContext,
  source: KinesisSource,
  discarded: Discarded,
): Promise<void> {
  const { shard, records, condition, invocations, error } = discarded;
  const letter = {
    function: topology.functions.stream.name,
    streamArn: source.arn,
    shard,
    condition,
    invocations,
    error,
    first: records[0],
    last: records[records.length - 1],
    count: records.length,
    event: streamEvent(source.arn, shard, records),
  };
  const key = await writeStreamLetter(storage, letter, io.now());
  const why = `${plural(records.length, "record")} of ${shard} (${condition})`;
  onTrouble(new VantageflowError("input_invalid", `Cannot take ${why}: they are kept in "${key}".`));
}
