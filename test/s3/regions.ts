import { createHash } from "node:crypto";
import { createS3Storage } from "../../src/storage/s3.ts";
import type { Bucket, Version } from "./buckets.ts";
import { connect, makeBucket } from "./client.ts";
import { startS3Server } from "./server.ts";

/** A lake in a versioned bucket on a server of its own: what a region is to vantageflow. `now` times what is written. */
export async function startRegion(name: string, now: () => Date) {
  const credentials = { accessKeyId: name, secretAccessKey: "secret" };
  const server = await startS3Server(credentials, now);
  const client = connect({ ...credentials, endpoint: server.endpoint });
  const bucketName = await makeBucket(client, true);
  const bucket = server.buckets.get(bucketName) as Bucket;
  const environment = {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const storage = createS3Storage({ client, bucket: bucketName });
  const lake = `s3://${bucketName}`;
  const close = async () => {
    client.destroy();
    await server.close();
  };
  return { name, server, bucketName, bucket, storage, lake, environment, close };
}

export type Region = Awaited<ReturnType<typeof startRegion>>;

/** What becomes of a version that is to be replicated. */
export interface Replication {
  /** At least 0 and below 1. */
  readonly draw: () => number;
  /** The rest of what was written when the source is lost, in versions: what would arrive behind it never does. */
  readonly tail: number;
  /** Whether replicas are encrypted by another key, which changes their ETags (SSE-KMS). */
  readonly newEtags: boolean;
}

/**
 * Replicates a bucket as S3 does, up to the moment in which its region is lost: every version by itself, some much later than others, so
 * in another order than they were written; no deletion, of an object or of a version. Returns how many versions were lost.
 */
export function replicate(from: Bucket, to: Bucket, { draw, tail, newEtags }: Replication): number {
  const written = from
    .keys("")
    .flatMap((key) => from.versions(key).map((version) => ({ key, version })))
    .filter(({ version }) => !version.deleted)
    .sort((a, b) => a.version.modified.getTime() - b.version.modified.getTime());
  const lostAt = written.length;
  const arriving = written
    .map((one, i) => ({ ...one, at: i + (draw() < 0.6 ? 2 : tail) * draw() }))
    .filter(({ at }) => at < lostAt);
  for (const { key, version } of arriving.sort((a, b) => a.at - b.at)) {
    to.replicate(key, newEtags ? withNewEtag(version) : version);
  }
  return written.length - arriving.length;
}

function withNewEtag(version: Version): Version {
  return { ...version, etag: createHash("sha256").update(version.versionId).digest("hex").slice(0, 32) };
}
