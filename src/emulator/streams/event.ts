import type { SourceRecord } from "./source.ts";

/** The event that Lambda makes of records of a shard (developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams"). */
export function streamEvent(arn: string, shard: string, records: readonly SourceRecord[]) {
  return {
    Records: records.map(({ sequence, partitionKey, data, arrived }) => ({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey,
        sequenceNumber: sequence,
        data: Buffer.from(data.buffer, data.byteOffset, data.length).toString("base64"),
        approximateArrivalTimestamp: arrived / 1000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `${shard}:${sequence}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: "arn:aws:iam::000000000000:role/vantageflow-stream",
      awsRegion: arn.split(":")[3],
      eventSourceARN: arn,
    })),
  };
}
