import {
  type DeleteMarkerEntry,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
  type ObjectVersion as S3ObjectVersion,
} from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import { conflict } from "../faults.ts";
import { checkKey, compareKeys } from "../keys.ts";
import type { LakeVersions, ObjectVersion } from "../port.ts";
import { explainS3Error, isMissing, type Purpose, s3Error } from "./errors.ts";
import { decodeKey, endless } from "./list.ts";
import { type Place, PRIVATE, target } from "./place.ts";
import { openReader } from "./reader.ts";

export interface S3VersionsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** The lake's folder in the bucket: `""` or ending in `/`. */
  readonly prefix?: string;
}

const LIST_VERSIONS: Purpose = { verb: "list", permission: "s3:ListBucketVersions" };
const LOOK: Purpose = { verb: "list", permission: "s3:GetBucketVersioning" };
const PURGE: Purpose = { verb: "remove", permission: "s3:DeleteObjectVersion" };

interface Entry {
  readonly key: string;
  /** The newest of its key, though it be a delete marker: then nothing is current. */
  readonly isLatest: boolean;
  readonly version: ObjectVersion;
}

/**
 * The versions that the bucket itself retains. Throws `versioning_off` for a bucket that never had versioning on, beside
 * what the interface says, and `conflict` for purging what is current.
 */
export function createS3Versions({ client, bucket, prefix = "" }: S3VersionsOptions): LakeVersions {
  const place: Place = { client, bucket, prefix, url: `s3://${bucket}/${prefix}`.replace(/\/$/, "") };
  let looked: Promise<string> | undefined;
  /** A failed look is no answer: the next call looks again. */
  const checkVersioned = () => {
    looked ??= look(place).catch((error) => {
      looked = undefined;
      throw error;
    });
    return looked;
  };

  return {
    async versions(key) {
      checkKey(key);
      await checkVersioned();
      const found: ObjectVersion[] = [];
      for await (const { key: listed, version } of entries(place, key)) {
        if (listed === key) found.push(version);
        else if (compareKeys(listed, key) > 0) break;
      }
      return found;
    },
    async readVersion(key, versionId) {
      checkKey(key);
      return openReader({ place, key, versionId });
    },
    async *retained(under) {
      await checkVersioned();
      let newer: Entry | undefined;
      for await (const entry of entries(place, under)) {
        const { key, version } = entry;
        const { versionId, size, current, deleted, time } = version;
        const replaced = newer?.key === key ? newer.version.time : time;
        newer = entry;
        if (!current && !deleted && !key.startsWith(PRIVATE)) yield { key, versionId, size, replaced };
      }
    },
    keeps: async () => (await checkVersioned()) === "Enabled",
    async purge(key, versionId) {
      checkKey(key);
      if ((await currentVersion(place, key)) === versionId) throw conflict(key);
      try {
        await client.send(new DeleteObjectCommand({ ...target(place, key), VersionId: versionId }));
      } catch (error) {
        if (!isMissing(error)) throw s3Error(error, PURGE, key, place);
      }
    },
  };
}

/** The state of versioning. Throws `versioning_off`. */
async function look(place: Place): Promise<string> {
  const { Status } = await place.client
    .send(new GetBucketVersioningCommand({ Bucket: place.bucket }))
    .catch((error) => {
      throw s3Error(error, LOOK, "", place);
    });
  // Suspended: what it retained before is still there.
  if (Status !== undefined) return Status;
  const why = "versioning is off, so nothing that was overwritten or removed is retained";
  const how = `aws s3api put-bucket-versioning --bucket ${place.bucket} --versioning-configuration Status=Enabled`;
  throw new VantageflowError(
    "versioning_off",
    `Cannot list versions in bucket "${place.bucket}": ${why}. Turn it on: ${how}`,
  );
}

async function currentVersion(place: Place, key: string): Promise<string | undefined> {
  try {
    return (await place.client.send(new HeadObjectCommand(target(place, key)))).VersionId;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw s3Error(await explainS3Error(error, place, key), PURGE, key, place);
  }
}

/** Versions and delete markers under a prefix, in key order, newest first. */
async function* entries(place: Place, under: string): AsyncGenerator<Entry> {
  const request = { Bucket: place.bucket, Prefix: place.prefix + under, EncodingType: "url" } as const;
  let page: ListObjectVersionsCommandOutput | undefined;
  do {
    // The markers of a page come URL-encoded as its keys do.
    const KeyMarker = page?.NextKeyMarker === undefined ? undefined : decodeKey(page.NextKeyMarker, page.EncodingType);
    const next = { ...request, KeyMarker, VersionIdMarker: page?.NextVersionIdMarker };
    page = await place.client.send(new ListObjectVersionsCommand(next)).catch((error) => {
      throw s3Error(error, LIST_VERSIONS, under, place);
    });
    yield* inOrder(place, page);
    if (page.IsTruncated === true && page.NextKeyMarker === undefined) throw endless(place);
  } while (page.IsTruncated === true);
}

/**
 * The SDK hands out versions and delete markers apart. Both lists are in S3's order; S3's times have whole seconds, so
 * that of two within one second the delete marker is taken to be the newer.
 */
function inOrder({ prefix }: Place, page: ListObjectVersionsCommandOutput): Entry[] {
  const entry = (listed: S3ObjectVersion | DeleteMarkerEntry): Entry => {
    const isLatest = listed.IsLatest === true;
    const deleted = !("Size" in listed);
    const version: ObjectVersion = {
      versionId: listed.VersionId ?? "null",
      current: isLatest && !deleted,
      size: "Size" in listed ? (listed.Size ?? 0) : 0,
      time: listed.LastModified?.getTime() ?? 0,
      deleted,
    };
    return { key: decodeKey(listed.Key ?? "", page.EncodingType).slice(prefix.length), isLatest, version };
  };
  const markers = (page.DeleteMarkers ?? []).map(entry);
  const versions = (page.Versions ?? []).map(entry);
  // The sort is stable: what it cannot tell apart stays in S3's order.
  return [...markers, ...versions]
    .filter(({ key }) => key !== "")
    .sort(
      (a, b) => compareKeys(a.key, b.key) || Number(b.isLatest) - Number(a.isLatest) || b.version.time - a.version.time,
    );
}
