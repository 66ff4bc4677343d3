import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { s3Error, WRITE } from "./errors.ts";
import { type Place, target } from "./place.ts";

/** Parts on their way at once: with the one that fills up, what an upload holds in memory. */
const IN_FLIGHT = 4;

/** What must hold of the object that a write replaces. */
export interface Condition {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** An upload in parts. Nobody sees it before `complete`; whoever began it ends it with `complete` or `abort`. */
export interface Multipart {
  /**
   * Sends a part, once there is room for it. The bytes belong to the upload until `onSent`. Throws what an earlier part
   * failed with.
   */
  add(part: Uint8Array, onSent?: () => void): Promise<void>;
  /** Waits for the parts that are on their way. Throws what one of them failed with. */
  drain(): Promise<void>;
  /** The object's ETag, where the server tells it. Throws the SDK's errors; may be tried again. */
  complete(condition: Condition): Promise<string | undefined>;
  abort(): Promise<void>;
}

/** Throws `storage_failed`. */
export async function beginMultipart(
  place: Place,
  key: string,
  Metadata: Record<string, string> = {},
): Promise<Multipart> {
  const { client } = place;
  const object = target(place, key);
  const fail = (error: unknown) => s3Error(error, WRITE, key, place);
  // S3 refuses parts with a checksum that was not announced, and a completion without the checksums that were.
  const checksum = { ChecksumAlgorithm: "CRC32" } as const;
  const begun = await client
    .send(new CreateMultipartUploadCommand({ ...object, ...checksum, Metadata }))
    .catch((error) => {
      throw fail(error);
    });
  const upload = { ...object, UploadId: begun.UploadId };
  const parts: CompletedPart[] = [];
  const sending = new Set<Promise<void>>();
  let added = 0;
  let failure: unknown;

  async function send(PartNumber: number, Body: Uint8Array): Promise<void> {
    try {
      const sent = await client.send(new UploadPartCommand({ ...upload, ...checksum, PartNumber, Body }));
      const { ETag, ChecksumCRC32 } = sent;
      parts[PartNumber - 1] = { PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) };
    } catch (error) {
      failure ??= error;
    }
  }

  return {
    async add(part, onSent = () => {}) {
      while (sending.size >= IN_FLIGHT) await Promise.race(sending);
      if (failure !== undefined) throw fail(failure);
      const sent = send(++added, part).then(() => {
        sending.delete(sent);
        onSent();
      });
      sending.add(sent);
    },
    async drain() {
      await Promise.all(sending);
      if (failure !== undefined) throw fail(failure);
    },
    async complete(condition) {
      const request = { ...upload, MultipartUpload: { Parts: parts }, ...condition };
      return (await client.send(new CompleteMultipartUploadCommand(request))).ETag;
    },
    async abort() {
      await Promise.all(sending);
      // What cannot be thrown away now, the bucket's rule for unfinished uploads throws away (docs/s3.md).
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
    },
  };
}
