import { quote, VantageflowError } from "../../errors.ts";
import type { Shard } from "../record.ts";

/** Of a record in a Kinesis event what is looked at (Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams"). */
export interface KinesisEventRecord {
  /** The shard and the number: `shardId-000000000006:49590338271490256608559692538361571095921575989136588898`. */
  readonly eventID: string;
  /** `arn:aws:kinesis:us-east-1:000000000000:stream/readings`, of a consumer with more behind it. */
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly sequenceNumber: string;
    /** Base64. */
    readonly data: string;
    /** Seconds since the epoch, with a fraction. */
    readonly approximateArrivalTimestamp: number;
  };
}

/** What an event of a stream says: records of one shard, in order. */
export interface KinesisEvent {
  readonly shard: Shard;
  readonly records: readonly KinesisEventRecord[];
}

/** Throws `usage` for what is no event of a stream, or has records of several shards. */
export function parseKinesisEvent(event: unknown): KinesisEvent {
  const { Records: records } = (event ?? {}) as { readonly Records?: unknown };
  if (!Array.isArray(records) || records.length === 0 || !records.every(isRecord)) {
    throw refused("it is no event of a Kinesis stream", event);
  }
  const shards = records.map(shardOf);
  const [first] = shards;
  if (shards.every(({ source, shard }) => source === first.source && shard === first.shard)) {
    return { shard: first, records };
  }
  throw refused("it has records of several shards, and Lambda sends those of one", event);
}

function isRecord(record: unknown): record is KinesisEventRecord {
  const { eventID, eventSourceARN, kinesis } = (record ?? {}) as Partial<KinesisEventRecord>;
  const { sequenceNumber, data, approximateArrivalTimestamp: arrival } = kinesis ?? {};
  return (
    typeof eventID === "string" &&
    typeof eventSourceARN === "string" &&
    /:stream\/[^/]/.test(eventSourceARN) &&
    typeof sequenceNumber === "string" &&
    typeof data === "string" &&
    typeof arrival === "number" &&
    !Number.isNaN(new Date(1000 * arrival).getTime())
  );
}

function shardOf({ eventID, eventSourceARN }: KinesisEventRecord): Shard {
  const [, source] = /:stream\/([^/]+)/.exec(eventSourceARN) ?? [];
  return { source: source ?? "", shard: eventID.split(":", 1)[0] };
}

function refused(why: string, event: unknown): VantageflowError {
  const shown = quote((JSON.stringify(event) ?? "nothing").slice(0, 200));
  return new VantageflowError("usage", `Cannot take the readings of ${shown}: ${why}.`);
}
