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
  readonly ChecksumSHA256?: string | undefined;
  readonly ChecksumType?: string | undefined;
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
  /** Everything but the write stands in an object of its own, see {@link asideKey}. */
  aside: "vantageflow-aside",
} as const;

/**
 * The SHA-256 that S3 has computed of a whole object's bytes and keeps, lower-case hex; null where it keeps none. That of
 * an upload in parts is a digest of digests: it ends in the number of parts, and its type is COMPOSITE (S3 user guide,
 * "Checking object integrity").
 */
export function keptSha256Of({ ChecksumSHA256, ChecksumType }: Described): string | null {
  if (ChecksumType === "COMPOSITE" || !/^[A-Za-z0-9+/]{43}=$/.test(ChecksumSHA256 ?? "")) return null;
  return Buffer.from(ChecksumSHA256 ?? "", "base64").toString("hex");
}

type Fields = Readonly<Record<string, string>>;

/** S3 user guide, "User-defined object metadata": US-ASCII, 2 KB with names. Base64 keeps any key within that. */
export function encodeMetadata(key: string, write: string, lineage?: Lineage, sha256?: string): Fields {
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

/**
 * A multipart upload takes its metadata when it begins, before lineage and digest are known: there it only says that
 * they stand aside, in an object that is written before the upload is completed.
 */
export function encodeAside(write: string, hasLineage: boolean): Fields {
  return { [FIELDS.write]: write, ...(hasLineage ? { [FIELDS.aside]: "1" } : {}) };
}

function fingerprint(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

/** Which write made the object; undefined for a foreign one. */
export function writeOf({ Metadata }: Described): string | undefined {
  return Metadata?.[FIELDS.write];
}

async function metadataOf(place: Place, key: string, described: Fields): Promise<ObjectMetadata | null> {
  const { [FIELDS.write]: write = "" } = described;
  const fields = described[FIELDS.aside] === undefined ? described : await readAside(place, write);
  const { [FIELDS.sourceKey]: source, [FIELDS.sourceToken]: sourceToken, [FIELDS.variant]: variant } = fields;
  if (source === undefined || sourceToken === undefined || variant === undefined) return null;
  if (fields[FIELDS.key] !== fingerprint(key)) return null;
  const sha256 = fields[FIELDS.sha256] ?? "";
  return { sourceKey: Buffer.from(source, "base64url").toString(), sourceToken, variant, sha256 };
}

/** Where the lineage and digest of a multipart upload stand. */
export function asideKey(write: string): string {
  return `${PRIVATE}lineage/${write}`;
}

/** Nothing when it is gone: an object without lineage, as in a copied lake. */
async function readAside(place: Place, write: string): Promise<Fields> {
  if (!/^[0-9a-f-]{36}$/.test(write)) return {};
  try {
    const { Body } = await place.client.send(new GetObjectCommand(target(place, asideKey(write))));
    const fields: unknown = JSON.parse((await Body?.transformToString()) ?? "null");
    return typeof fields === "object" && fields !== null ? (fields as Fields) : {};
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return {};
    throw error;
  }
}
