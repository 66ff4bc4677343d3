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

/** One version of an object, as S3 tells of it. */
export interface EventObject {
  readonly key: string;
  readonly size: number;
  readonly eTag: string;
  /** Absent where the bucket keeps no versions. */
  readonly versionId?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/**
 * The event that S3 sends for a new object (S3 user guide, "Event message structure", version 2.1). A function of its
 * arguments alone: the same version gives the same event.
 */
export function s3ObjectEvent(bucket: string, object: EventObject, configurationId: string, region = REGION) {
  const { key, size, eTag, versionId, time } = object;
  return {
    Records: [
      {
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: region,
        eventTime: new Date(time).toISOString(),
        eventName: "ObjectCreated:Put",
        userIdentity: { principalId: "vantageflow" },
        requestParameters: { sourceIPAddress: "127.0.0.1" },
        responseElements: { "x-amz-request-id": "vantageflow", "x-amz-id-2": "vantageflow" },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId,
          bucket: { name: bucket, ownerIdentity: { principalId: "vantageflow" }, arn: `arn:aws:s3:::${bucket}` },
          object: {
            key: encodeEventKey(key),
            size,
            eTag,
            ...(versionId === undefined ? {} : { versionId }),
            sequencer: Math.trunc(time).toString(16).toUpperCase().padStart(16, "0"),
          },
        },
      },
    ],
  };
}

/** The event of an object as the lake has it. */
export function s3PutEvent(bucket: string, { key, size, token, modified }: ObjectInfo, configurationId: string) {
  return s3ObjectEvent(bucket, { key, size, eTag: token, versionId: token, time: modified }, configurationId);
}

/** What S3 sends when a notification is configured (S3 user guide, "Event message structure"). */
export function s3TestEvent(bucket: string, time: number) {
  return {
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date(time).toISOString(),
    Bucket: bucket,
    RequestId: "vantageflow",
    HostId: "vantageflow",
  };
}

/** What an event says of one object: as much of it as is needed, and nothing of it is trusted. */
export type EventRecord =
  | {
      readonly bucket: string;
      readonly key: string;
      readonly eventName: string;
      /** Of the version it was sent for, where it says so. */
      readonly eTag: string | null;
    }
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

/** An event as one for each bucket that it names, `""` for what names none: a lake is one bucket. */
export function byBucket(event: unknown): ReadonlyMap<string, unknown> {
  const records = isRecord(event) && Array.isArray(event.Records) ? event.Records : [];
  const parts = new Map<string, { Records: unknown[] }>();
  for (const record of records) {
    const read = recordOf(record);
    const bucket = "problem" in read ? "" : read.bucket;
    const part = parts.get(bucket);
    if (part === undefined) parts.set(bucket, { Records: [record] });
    else part.Records.push(record);
  }
  return parts.size > 0 ? parts : new Map([["", event]]);
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
    const eTag = isRecord(s3.object) && typeof s3.object.eTag === "string" ? s3.object.eTag : null;
    return { eventName: eventName.replace(/^s3:/, ""), bucket, key: decodeEventKey(key), eTag };
  } catch {
    return { problem: "a record's key is not form-encoded UTF-8" };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Keys in events are form-encoded (S3 user guide, "Event message structure"; WHATWG URL, "application/x-www-form-urlencoded"):
 * a space is `+`, and of the signs only `*-._` stay, and on S3 `/`.
 */
function encodeEventKey(key: string): string {
  return new URLSearchParams({ key }).toString().slice("key=".length).replaceAll("%2F", "/");
}

/**
 * The key that an event names, however its server encodes: `+` is a space, and that is turned back before percent-decoding.
 * Throws URIError.
 */
function decodeEventKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
