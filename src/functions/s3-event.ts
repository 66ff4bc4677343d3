import type { ObjectInfo } from "../storage/port.ts";

const REGION = "us-east-1";
const ACCOUNT = "000000000000";

/** The bucket that a lake stands for in events: its own name on S3, a fixed one for a directory. */
export function bucketOf(url: string): string {
  return /^s3:\/\/([^/]+)/i.exec(url)?.[1] ?? "vantageflow-local";
}

/** The ARN that a function of this name has in the emulated account. */
export function functionArn(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
}

/**
 * The event that S3 sends for a new object (S3 user guide, "Event message structure", version 2.1). A function of its
 * arguments alone: the same version gives the same event.
 */
export function s3PutEvent(bucket: string, object: ObjectInfo, configurationId: string) {
  return {
    Records: [
      {
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: REGION,
        eventTime: new Date(object.modified).toISOString(),
        eventName: "ObjectCreated:Put",
        userIdentity: { principalId: "vantageflow" },
        requestParameters: { sourceIPAddress: "127.0.0.1" },
        responseElements: { "x-amz-request-id": "vantageflow", "x-amz-id-2": "vantageflow" },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId,
          bucket: { name: bucket, ownerIdentity: { principalId: "vantageflow" }, arn: `arn:aws:s3:::${bucket}` },
          object: {
            key: encodeEventKey(object.key),
            size: object.size,
            eTag: object.token,
            versionId: object.token,
            sequencer: Math.trunc(object.modified).toString(16).toUpperCase().padStart(16, "0"),
          },
        },
      },
    ],
  };
}

/** What an event says of one object: as much of it as is needed, and nothing of it is trusted. */
export type EventRecord =
  | { readonly bucket: string; readonly key: string; readonly eventName: string }
  | { readonly problem: string };

/**
 * The records of an S3 event; none for a `s3:TestEvent`. Of a record only event name, bucket and key are needed. What
 * cannot be used comes back as a problem: it will not heal, and it must not keep the other records from their turn.
 */
export function recordsOf(event: unknown): readonly EventRecord[] {
  if (!isRecord(event)) return [{ problem: "the event is not a JSON object" }];
  if (event.Event === "s3:TestEvent") return [];
  if (!Array.isArray(event.Records)) return [{ problem: "the event has no Records" }];
  return event.Records.map(recordOf);
}

function recordOf(record: unknown): EventRecord {
  const s3 = isRecord(record) && isRecord(record.s3) ? record.s3 : {};
  const eventName = isRecord(record) ? record.eventName : undefined;
  const bucket = isRecord(s3.bucket) ? s3.bucket.name : undefined;
  const key = isRecord(s3.object) ? s3.object.key : undefined;
  if (typeof eventName !== "string" || typeof bucket !== "string" || typeof key !== "string") {
    return { problem: "a record lacks its eventName, bucket name or object key" };
  }
  try {
    return { eventName: eventName.replace(/^s3:/, ""), bucket, key: decodeEventKey(key) };
  } catch {
    return { problem: "a record's key is not form-encoded UTF-8" };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keys in events are form-encoded: a space is `+`, `/` stays (S3 user guide, "Event message structure"). */
function encodeEventKey(key: string): string {
  return encodeURIComponent(Buffer.from(key).toString()).replaceAll("%2F", "/").replaceAll("%20", "+");
}

/** The key that an event names: `+` is a space, and that is turned back before percent-decoding. Throws URIError. */
export function decodeEventKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
