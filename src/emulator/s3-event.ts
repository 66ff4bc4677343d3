import type { ObjectInfo } from "../storage/port.ts";

const REGION = "us-east-1";
const ACCOUNT = "000000000000";

/** The bucket that a lake stands for in events: its own name on S3, a fixed one for a directory. */
export function bucketOf(url: string): string {
  return /^s3:\/\/([^/]+)/.exec(url)?.[1] ?? "vantageflow-local";
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
        responseElements: {},
        s3: {
          s3SchemaVersion: "1.0",
          configurationId,
          bucket: { name: bucket, ownerIdentity: { principalId: "vantageflow" }, arn: `arn:aws:s3:::${bucket}` },
          object: {
            key: encodeEventKey(object.key),
            size: object.size,
            eTag: object.token,
            sequencer: Math.trunc(object.modified).toString(16).toUpperCase().padStart(16, "0"),
          },
        },
      },
    ],
  };
}

/** Keys in events are form-encoded: a space is `+`, `/` stays (S3 user guide, "Event message structure"). */
function encodeEventKey(key: string): string {
  return encodeURIComponent(Buffer.from(key).toString()).replaceAll("%2F", "/").replaceAll("%20", "+");
}

/** The key that an event names: `+` is a space, and that is turned back before percent-decoding. Throws URIError. */
export function decodeEventKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
