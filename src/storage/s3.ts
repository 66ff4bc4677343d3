import { DeleteObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { checkOptions, conflict, notFound } from "./faults.ts";
import { checkKey } from "./keys.ts";
import type { LakeStorage, ObjectHead } from "./port.ts";
import { checkRange } from "./range.ts";
import { createConditions } from "./s3/conditions.ts";
import { explainS3Error, isMissing, READ, REMOVE, s3Error, statusOf } from "./s3/errors.ts";
import { etagOf, headOf, keptSha256Of } from "./s3/head.ts";
import { listObjects } from "./s3/list.ts";
import { type Place, target } from "./s3/place.ts";
import { openReader } from "./s3/reader.ts";
import { createS3Writer } from "./s3/writer.ts";

export interface S3StorageOptions {
  /** Whoever made it closes it. */
  readonly client: S3Client;
  readonly bucket: string;
  /** The lake's folder in the bucket: `""` or ending in `/`. The whole bucket by default. */
  readonly prefix?: string;
  /** How its user wrote it. */
  readonly url?: string;
}

/**
 * A lake in an S3 bucket, or in a folder of it. Compare-and-swap is S3's own (If-Match, If-None-Match), so it holds
 * among all writers; a server that ignores it is refused. Lineage and digest are user metadata. Equal content has an
 * equal token. Errors: `storage_failed` with the SDK's as its cause, `key_invalid`, `not_found`, `conflict`, `superseded`.
 */
export function createS3Storage({ client, bucket, prefix = "", url }: S3StorageOptions): LakeStorage {
  const place: Place = { client, bucket, prefix, url: url ?? `s3://${bucket}/${prefix}`.replace(/\/$/, "") };
  const conditions = createConditions(place);

  async function head(key: string, purpose = READ): Promise<ObjectHead | null> {
    checkKey(key);
    try {
      return await headOf(place, key, await client.send(new HeadObjectCommand(target(place, key))));
    } catch (error) {
      if (isMissing(error)) return null;
      throw s3Error(await explainS3Error(error, place, key), purpose, key, place);
    }
  }

  return {
    url: place.url,
    async *list(under, options = {}) {
      checkOptions(options);
      yield* listObjects(place, under, options.after);
    },
    head: (key) => head(key),
    async read(key, range) {
      checkKey(key);
      if (range !== undefined) checkRange(range);
      return openReader({ place, key }, range);
    },
    async keptSha256(key) {
      checkKey(key);
      const request = { ...target(place, key), ChecksumMode: "ENABLED" } as const;
      try {
        return keptSha256Of(await client.send(new HeadObjectCommand(request)));
      } catch (error) {
        if (isMissing(error)) throw notFound(key, error);
        throw s3Error(await explainS3Error(error, place, key), READ, key, place);
      }
    },
    async create(key, options = {}) {
      checkOptions(options);
      const { derived = false } = options;
      checkKey(key);
      return createS3Writer(place, conditions, key, derived);
    },
    async flush() {},
    async remove(key, ifToken) {
      // In a versioned bucket, deleting what is not there would leave a delete marker.
      const now = await head(key);
      if (now === null) return;
      if (ifToken !== undefined && now.token !== ifToken) throw conflict(key);
      const condition = ifToken === undefined ? {} : { IfMatch: `"${etagOf(ifToken)}"` };
      try {
        await client.send(new DeleteObjectCommand({ ...target(place, key), ...condition }));
      } catch (error) {
        // S3 user guide, "How to perform conditional deletes": 409 where a write came in between.
        if ([409, 412].includes(statusOf(error) ?? 0)) throw conflict(key);
        if (!isMissing(error)) throw s3Error(error, REMOVE, key, place);
      }
    },
    async close() {},
  };
}
