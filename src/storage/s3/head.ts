import { createHash } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { Lineage, ObjectHead, ObjectMetadata } from "../port.ts";
import { isMissing } from "./errors.ts";
import { type Place, PRIVATE, target } from "./place.ts";

/** What GetObject and HeadObject answer of an object. */
export interface Described {
  readonly ETag?: string | undefined;
  readonly ContentLength?: number | undefined;
  readonly LastModified?: Date | undefined;
  readonly Metadata?: Record<string, string> | undefined;
}

/**
 * An ETag as a token: safe in a key, the same in a listing and a head, and reversible. A version id is no part of it,
 * because listings show none. So the same content written again may have the same token; that is harmless,
 * because whatever is made of an object is a function of its bytes.
 */
export function tokenOf(etag: string | undefined): string {
  const bare = bareEtag(etag ?? "");
  return /^[A-Za-z0-9-]+$/.test(bare) ? bare : `_${Buffer.from(bare).toString("base64url")}`;
}

/** The ETag of a token, without quotes. */
export function etagOf(token: string): string {
  return token.startsWith("_") ? Buffer.from(token.slice(1), "base64url").toString() : token;
}

function bareEtag(etag: string): string {
  return etag.replace(/^"(.*)"$/, "$1");
}

/** Heads have whole seconds (an HTTP date); some servers list milliseconds. */
export function wholeSeconds(time: Date | undefined): number {
  return Math.floor((time?.getTime() ?? 0) / 1000) * 1000;
}

/** Throws what reading a digest that stands apart throws. */
export async function headOf(place: Place, key: string, described: Described): Promise<ObjectHead> {
  return {
    key,
    token: tokenOf(described.ETag),
    size: described.ContentLength ?? 0,
    modified: wholeSeconds(described.LastModified),
    metadata: await metadataOf(place, key, described.Metadata ?? {}),
  };
}

const FIELDS = {
  /** One write of one writer: how it knows its own object again when the answer was lost. */
  write: "vantageflow-write",
  /** Which key it was written for: a foreign copy under another name carries metadata that is not its own. */
  key: "vantageflow-key",
  sourceKey: "vantageflow-source-key",
  sourceToken: "vantageflow-source-token",
  variant: "vantageflow-variant",
  sha256: "vantageflow-sha256",
} as const;

/** S3 user guide, "User-defined object metadata": US-ASCII, 2 KB with names. Base64 keeps any key within that. */
export function encodeMetadata(key: string, write: string, lineage?: Lineage, sha256?: string): Record<string, string> {
  if (lineage === undefined) return { [FIELDS.write]: write };
  return {
    [FIELDS.write]: write,
    [FIELDS.key]: fingerprint(key),
    [FIELDS.sourceKey]: Buffer.from(lineage.sourceKey).toString("base64url"),
    [FIELDS.sourceToken]: lineage.sourceToken,
    [FIELDS.variant]: lineage.variant,
    ...(sha256 === undefined ? {} : { [FIELDS.sha256]: sha256 }),
  };
}

function fingerprint(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

/** Which write made the object; undefined for a foreign one. */
export function writeOf({ Metadata }: Described): string | undefined {
  return Metadata?.[FIELDS.write];
}

async function metadataOf(place: Place, key: string, fields: Record<string, string>): Promise<ObjectMetadata | null> {
  const { [FIELDS.sourceKey]: source, [FIELDS.sourceToken]: sourceToken, [FIELDS.write]: write } = fields;
  const { [FIELDS.variant]: variant } = fields;
  if (source === undefined || sourceToken === undefined || variant === undefined || write === undefined) return null;
  if (fields[FIELDS.key] !== fingerprint(key)) return null;
  const sha256 = fields[FIELDS.sha256] ?? (await readDigest(place, write));
  return { sourceKey: Buffer.from(source, "base64url").toString(), sourceToken, variant, sha256 };
}

/**
 * A multipart upload takes its metadata when it begins, before the digest is known: there the digest stands in an object
 * of its own, written before the upload is completed.
 */
export function digestKey(write: string): string {
  return `${PRIVATE}sha256/${write}`;
}

/** Empty when it is gone: whoever needs it then hashes the object. */
async function readDigest(place: Place, write: string): Promise<string> {
  if (!/^[0-9a-f-]{36}$/.test(write)) return "";
  try {
    const { Body } = await place.client.send(new GetObjectCommand(target(place, digestKey(write))));
    return (await Body?.transformToString()) ?? "";
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
