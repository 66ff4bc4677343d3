import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Lineage, ObjectInfo } from "../port.ts";
import type { Conditions, Draft } from "./conditions.ts";
import { s3Error, WRITE } from "./errors.ts";
import { digestKey, encodeMetadata } from "./head.ts";
import { type Place, target } from "./place.ts";

/** Parts on their way at once: with the one that fills up, what an upload holds in memory. */
const IN_FLIGHT = 3;

/** An upload in parts. Nobody sees it before `complete`; whoever opened it ends it with `complete` or `abort`. */
export interface Multipart {
  /** Sends a part, once there is room for it. The bytes belong to the upload. Throws what an earlier part failed with. */
  add(part: Uint8Array): Promise<void>;
  complete(draft: Draft, conditions: Conditions): Promise<ObjectInfo>;
  abort(): Promise<void>;
}

/** Throws `storage_failed`. */
export async function beginMultipart(place: Place, key: string, write: string, lineage?: Lineage): Promise<Multipart> {
  const { client } = place;
  const object = target(place, key);
  const fail = (error: unknown) => s3Error(error, WRITE, key, place);
  const created = { ...object, Metadata: encodeMetadata(key, write, lineage) };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(created)).catch((error) => {
    throw fail(error);
  });
  const parts: CompletedPart[] = [];
  const sending = new Set<Promise<void>>();
  let failure: unknown;

  async function send(PartNumber: number, Body: Uint8Array): Promise<void> {
    try {
      const sent = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
      const { ETag, ChecksumCRC32 } = sent;
      parts[PartNumber - 1] = { PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) };
    } catch (error) {
      failure ??= error;
    }
  }

  let added = 0;
  return {
    async add(part) {
      while (sending.size >= IN_FLIGHT) await Promise.race(sending);
      if (failure !== undefined) throw fail(failure);
      const sent = send(++added, part).then(() => void sending.delete(sent));
      sending.add(sent);
    },
    async complete(draft, conditions) {
      await Promise.all(sending);
      if (failure !== undefined) throw fail(failure);
      const digest = draft.lineage !== undefined && draft.sha256 !== undefined ? target(place, digestKey(write)) : null;
      try {
        if (digest !== null)
          await client.send(new PutObjectCommand({ ...digest, Body: Buffer.from(draft.sha256 ?? "") }));
        return await conditions.publish(draft, false, async (condition) => {
          const request = { ...object, UploadId, MultipartUpload: { Parts: parts }, ...condition };
          return (await client.send(new CompleteMultipartUploadCommand(request))).ETag;
        });
      } catch (error) {
        if (digest !== null) await client.send(new DeleteObjectCommand(digest)).catch(() => {});
        throw fail(error);
      }
    },
    async abort() {
      await Promise.all(sending);
      // What cannot be thrown away now, the bucket's rule for unfinished uploads throws away (docs/s3.md).
      await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => {});
    },
  };
}
