import { type Bucket, type Condition, S3Fault, type Version } from "./buckets.ts";

/** CopyObject as `aws s3 cp` and `sync` use it from bucket to bucket: the bytes and metadata of `bucket/key`, URL-encoded. */
export function copyObject(
  buckets: ReadonlyMap<string, Bucket>,
  to: { readonly bucket: Bucket; readonly key: string; readonly condition: Condition },
  headers: Readonly<Record<string, string | undefined>>,
): Version {
  // What is not done is refused: a copy that is stored empty would look like one.
  if ((headers["x-amz-metadata-directive"] ?? "COPY") !== "COPY") throw new S3Fault(501, "NotImplemented");
  const [path, versionId = null] = (headers["x-amz-copy-source"] ?? "").split("?versionId=");
  const [from, ...key] = path.replace(/^\//, "").split("/").map(decodeURIComponent);
  const source = buckets.get(from);
  if (source === undefined) throw new S3Fault(404, "NoSuchBucket");
  const any = { ifMatch: undefined, ifNoneMatch: undefined };
  const { body, etag, headers: own } = source.get(key.join("/"), versionId, any);
  return to.bucket.put(to.key, body, etag, { ...own }, to.condition);
}
