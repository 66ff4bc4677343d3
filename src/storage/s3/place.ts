import type { S3Client } from "@aws-sdk/client-s3";

/** Where a lake is: a bucket, and the folder in it (`""`, or ending in `/`). */
export interface Place {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  /** How its user wrote it. */
  readonly url: string;
}

/** Objects of vantageflow's own in the lake; no listing shows them. */
export const PRIVATE = ".vantageflow/";

/** Bucket and key of an object of the lake, as every S3 request needs them. */
export function target(place: Place, key: string): { Bucket: string; Key: string } {
  return { Bucket: place.bucket, Key: place.prefix + key };
}
