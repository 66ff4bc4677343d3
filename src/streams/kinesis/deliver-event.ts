import { errorClass, VantageflowError } from "../../errors.ts";
import type { LakeStorage } from "../../storage/port.ts";
import { type Delivered, deliver } from "../deliver.ts";
import { FLUSH_LIMITS } from "../flush.ts";
import type { Shard, StreamRecord } from "../record.ts";
import { type KinesisEventRecord, parseKinesisEvent } from "./event.ts";
import { readingsIn } from "./readings.ts";

/** What became of the records of an event. */
export interface EventDelivered {
  readonly shard: Shard;
  /** Records of the stream that the event had. */
  readonly records: number;
  /** Batches that were written, and the readings in them, with what could not be read. */
  readonly batches: readonly string[];
  readonly written: number;
  /** What of it could not be read, now or before. */
  readonly unreadable: number;
  /** The first record that is not durable, and why; null where all are. */
  readonly failed: { readonly sequence: string; readonly error: unknown } | null;
}

/** What Lambda is answered with "ReportBatchItemFailures": it delivers again from the lowest of these on. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface DeliverOptions {
  /** Of one batch; those of a record stay together. */
  readonly maxReadings?: number;
  /** The lake has failed so many times in a row: whether to try again, when that is answered. */
  readonly again?: (error: VantageflowError, failures: number) => Promise<boolean>;
}

/**
 * Brings the readings in an event of a Kinesis stream into bronze, each once. Where the lake fails on the way, for good, what is durable
 * stays, and the rest is named. Throws `usage` for what is no such event, and what `deliver` throws while nothing of it is durable: only
 * what is thrown does Lambda count as an error.
 */
export async function deliverEvent(
  storage: LakeStorage,
  event: unknown,
  { maxReadings = FLUSH_LIMITS.records, again = async () => false }: DeliverOptions = {},
): Promise<EventDelivered> {
  const { shard, records } = parseKinesisEvent(event);
  const batches: string[] = [];
  let [written, unreadable] = [0, 0];
  let failed: EventDelivered["failed"] = null;
  for (const readings of portionsOf(records, maxReadings)) {
    try {
      const delivered = await deliverAgain(storage, shard, readings, again);
      batches.push(...delivered.batches);
      written += delivered.written;
      unreadable += readings.filter(({ reading }) => reading === null).length;
    } catch (error) {
      const [{ sequence }] = readings;
      if (sequence === records[0].kinesis.sequenceNumber) throw error;
      failed = { sequence, error };
      break;
    }
  }
  return { shard, records: records.length, batches, written, unreadable, failed };
}

export function responseOf({ failed }: EventDelivered): BatchResponse {
  return { batchItemFailures: failed === null ? [] : [{ itemIdentifier: failed.sequence }] };
}

/** A lake that is down, or where somebody has written what nobody understands, is no fault of the records: they are worth another try. */
async function deliverAgain(
  storage: LakeStorage,
  shard: Shard,
  readings: readonly StreamRecord[],
  again: NonNullable<DeliverOptions["again"]>,
): Promise<Delivered> {
  for (let failures = 1; ; failures++) {
    try {
      return await deliver(storage, shard, readings);
    } catch (error) {
      const isLakes = error instanceof VantageflowError && errorClass(error) !== "usage";
      if (!isLakes || !(await again(error, failures))) throw error;
    }
  }
}

/** The readings of whole records, as many at once as make a batch: what is packed can be much more than what comes. */
function* portionsOf(records: readonly KinesisEventRecord[], max: number): Generator<readonly StreamRecord[]> {
  let portion: StreamRecord[] = [];
  for (const { kinesis } of records) {
    const { sequenceNumber: sequence, data, approximateArrivalTimestamp } = kinesis;
    const arrival = new Date(1000 * approximateArrivalTimestamp).toISOString();
    for (const reading of readingsIn(Buffer.from(data, "base64"), arrival)) portion.push({ sequence, reading });
    if (portion.length < max) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}
