import type { Bucket, Version } from "./buckets.ts";
import { encodeRfc3986 } from "./signature.ts";

export function listObjects(bucket: Bucket, query: URLSearchParams): string {
  const startAfter = query.get("start-after") ?? "";
  const token = query.get("continuation-token");
  const after = token === null ? Buffer.from(startAfter) : Buffer.from(token, "base64url");
  const max = Number(query.get("max-keys") ?? 1000);
  const keys = bucket
    .keys(query.get("prefix") ?? "")
    .filter((key) => bucket.current(key) !== undefined && Buffer.compare(Buffer.from(key), after) > 0);
  const page = keys.slice(0, max).map((key) => {
    const { etag, body, modified } = bucket.current(key) as Version;
    return `<Contents><Key>${encodeKey(key)}</Key><ETag>"${etag}"</ETag>${times(modified)}<Size>${body.length}</Size></Contents>`;
  });
  const last = Buffer.from(keys[page.length - 1] ?? "").toString("base64url");
  const next = keys.length > max ? `<NextContinuationToken>${last}</NextContinuationToken>` : "";
  const told = startAfter === "" ? "" : `<StartAfter>${encodeKey(startAfter)}</StartAfter>`;
  return xml(
    "ListBucketResult",
    `<EncodingType>url</EncodingType>${told}<IsTruncated>${keys.length > max}</IsTruncated>${next}${page.join("")}`,
  );
}

export function listVersions(bucket: Bucket, query: URLSearchParams): string {
  const max = Number(query.get("max-keys") ?? 1000);
  const all = bucket
    .keys(query.get("prefix") ?? "")
    .flatMap((key) => bucket.versions(key).map((version, i) => ({ key, version, latest: i === 0 })));
  const [keyMarker, idMarker] = [query.get("key-marker"), query.get("version-id-marker")];
  const start = all.findIndex(({ key, version }) => key === keyMarker && version.versionId === idMarker) + 1;
  const page = all.slice(start, start + max);
  const listed = page.map(({ key, version, latest }) => {
    const common = `<Key>${encodeKey(key)}</Key><VersionId>${version.versionId}</VersionId><IsLatest>${latest}</IsLatest>${times(version.modified)}`;
    if (version.deleted) return `<DeleteMarker>${common}</DeleteMarker>`;
    return `<Version>${common}<ETag>"${version.etag}"</ETag><Size>${version.body.length}</Size></Version>`;
  });
  const more = start + max < all.length;
  const last = page.at(-1);
  const next = more
    ? `<NextKeyMarker>${encodeKey(last?.key ?? "")}</NextKeyMarker><NextVersionIdMarker>${last?.version.versionId}</NextVersionIdMarker>`
    : "";
  return xml(
    "ListVersionsResult",
    `<EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${next}${listed.join("")}`,
  );
}

/** As S3 with `encoding-type=url`: a space is a plus. */
function encodeKey(key: string): string {
  return encodeRfc3986(key).replaceAll("%2F", "/").replaceAll("%20", "+");
}

/** S3 lists whole seconds. */
function times(modified: Date): string {
  return `<LastModified>${modified.toISOString().slice(0, 19)}.000Z</LastModified>`;
}

export function xml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${content}</${root}>`;
}
