import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import { compareKeys } from "../keys.ts";
import type { ObjectInfo } from "../port.ts";
import { LIST, s3Error } from "./errors.ts";
import { tokenOf, wholeSeconds } from "./head.ts";
import { type Place, PRIVATE } from "./place.ts";

/** All objects under a prefix of the lake, in key order, a thousand to a request; with `after`, those that come after it. */
export async function* listObjects(place: Place, under: string, after = ""): AsyncGenerator<ObjectInfo> {
  const Prefix = place.prefix + under;
  const start = after === "" ? {} : { StartAfter: place.prefix + after };
  const request = { Bucket: place.bucket, Prefix, ...start, EncodingType: "url" } as const;
  let last = "";
  let page: ListObjectsV2CommandOutput | undefined;
  do {
    const ContinuationToken = page?.NextContinuationToken;
    page = await place.client.send(new ListObjectsV2Command({ ...request, ContinuationToken })).catch((error) => {
      throw s3Error(error, LIST, under, place);
    });
    for (const { Key = "", ETag, Size = 0, LastModified } of page.Contents ?? []) {
      const key = decodeKey(Key, page.EncodingType).slice(place.prefix.length);
      if (isFolder(key, Size) || key.startsWith(PRIVATE)) continue;
      if (compareKeys(last, key) > 0) throw outOfOrder(place);
      last = key;
      // A server may not know StartAfter.
      if (compareKeys(key, after) <= 0) continue;
      yield { key, token: tokenOf(ETag), size: Size, modified: wholeSeconds(LastModified) };
    }
    if (page.IsTruncated === true && page.NextContinuationToken === undefined) throw endless(place);
  } while (page.IsTruncated === true);
}

/** The empty object that consoles make for a folder (S3 user guide, "Organizing objects by using folders"). */
function isFolder(key: string, size: number): boolean {
  return key === "" || (key.endsWith("/") && size === 0);
}

/** Keys are asked for URL-encoded, because XML cannot hold all of them; a space may be a plus. Not every server does it. */
export function decodeKey(listed: string, encoding: string | undefined): string {
  return encoding === "url" ? decodeURIComponent(listed.replaceAll("+", "%20")) : listed;
}

function outOfOrder(place: Place): VantageflowError {
  const why = "it does not list in the order of keys, as directory buckets do not";
  return cannotList(place, why, "Use a general purpose bucket");
}

/** A page that is not the last and names no next one: whatever is beyond it would be lost. */
export function endless(place: Place): VantageflowError {
  return cannotList(place, "it says that there is more, and not where", "Use another server (docs/s3.md)");
}

function cannotList({ bucket }: Place, why: string, advice: string): VantageflowError {
  return new VantageflowError("storage_failed", `Cannot list bucket "${bucket}": ${why}. ${advice}.`);
}
