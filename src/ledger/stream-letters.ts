import { messageOf, VantageflowError } from "../errors.ts";
import { writeJson } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { uuidOf } from "./letters.ts";
import { letterKey } from "./names.ts";
import { functionArn } from "./s3-event.ts";

/** Records of a shard that nobody tries any more. */
export interface StreamLetter {
  /** The function's name. */
  readonly function: string;
  readonly streamArn: string;
  readonly shard: string;
  /** Why, as Lambda calls it: `RetryAttemptsExhausted`, `RecordAgeExceeded`. */
  readonly condition: string;
  readonly invocations: number;
  /** What the last attempt threw; null where there was none. */
  readonly error: unknown;
  /** The first and the last of them, and when they came into the stream, milliseconds since the epoch. */
  readonly first: { readonly sequence: string; readonly arrived: number };
  readonly last: { readonly sequence: string; readonly arrived: number };
  readonly count: number;
  /** The event that had them. */
  readonly event: unknown;
}

/**
 * Writes what Lambda writes into a bucket about records of a stream that it gives up (developer guide, "Retain discarded batch records for
 * a Kinesis Data Streams event source in Lambda"), and the error. Returns its key. The same records again, at any time, have a letter of
 * the same id. `now` in milliseconds since the epoch.
 */
export async function writeStreamLetter(storage: LakeStorage, letter: StreamLetter, now: number): Promise<string> {
  const { function: name, streamArn, shard, condition, invocations, error, first, last, count, event } = letter;
  const requestId = uuidOf(name, streamArn, shard, first.sequence, last.sequence);
  const timestamp = new Date(now).toISOString();
  const failed = {
    errorType: error instanceof VantageflowError ? error.code : "Error",
    errorMessage: messageOf(error),
  };
  const record = {
    version: "1.0",
    timestamp,
    requestContext: { requestId, functionArn: functionArn(name), condition, approximateInvokeCount: invocations },
    ...(error === null
      ? {}
      : {
          responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
          responsePayload: failed,
        }),
    KinesisBatchInfo: {
      shardId: shard,
      startSequenceNumber: first.sequence,
      endSequenceNumber: last.sequence,
      approximateArrivalOfFirstRecord: new Date(first.arrived).toISOString(),
      approximateArrivalOfLastRecord: new Date(last.arrived).toISOString(),
      batchSize: count,
      streamArn,
    },
    payload: JSON.stringify(event),
  };
  const key = letterKey(name, timestamp, requestId);
  await writeJson(storage, key, record);
  return key;
}
