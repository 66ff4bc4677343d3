const STREAM_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/line-1";
export const SHARD_ID = "shardId-000000000000";
const FIRST = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

/** The number of the n-th record. */
export function sequenceOf(n: number): string {
  return String(FIRST + BigInt(n) * 1_000n);
}

/** A record as Lambda hands it over, the n-th of its shard: every field that it has, also those that nobody looks at. */
export function eventRecord(n: number, data: string | Uint8Array, shard = SHARD_ID, arn = STREAM_ARN) {
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey: String(n % 3),
      sequenceNumber: sequenceOf(n),
      data: Buffer.from(data).toString("base64"),
      approximateArrivalTimestamp: 1_767_225_600.5 + n,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${shard}:${sequenceOf(n)}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: "arn:aws:iam::000000000000:role/vantageflow-stream",
    awsRegion: "us-east-1",
    eventSourceARN: arn,
  };
}
