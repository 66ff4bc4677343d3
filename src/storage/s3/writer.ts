import { randomUUID } from "node:crypto";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import type { CommitOptions, Lineage, ObjectInfo, ObjectWriter } from "../port.ts";
import type { Conditions, Draft } from "./conditions.ts";
import { s3Error, WRITE } from "./errors.ts";
import { digestKey, encodeMetadata } from "./head.ts";
import { beginMultipart, type Multipart } from "./multipart.ts";
import { type Place, target } from "./place.ts";

const MIB = 1024 * 1024;
/** What fits is one PutObject; more goes in parts of this size, the smallest that S3 takes. */
const PART_BYTES = 5 * MIB;
/** S3 takes 10,000 parts: doubled after every 2,000, they hold 325 GB. */
const PARTS_PER_SIZE = 2000;
/** Where completing an upload obeys no condition, an object must fit into one PutObject, and that into memory. */
const MAX_WHOLE_BYTES = 256 * MIB;
const FIRST_BYTES = 64 * 1024;

/**
 * Writes `key`: in memory up to a part, in a multipart upload beyond. Constant memory (a few parts), nothing visible
 * before commit, nothing left behind by abort.
 */
export function createS3Writer(place: Place, conditions: Conditions, key: string, lineage?: Lineage): ObjectWriter {
  const write = randomUUID();
  let buffer: Buffer<ArrayBuffer> = Buffer.allocUnsafe(FIRST_BYTES);
  /** Buffers of parts that were sent: the garbage collector would be late with blocks of this size. */
  const spare: Buffer<ArrayBuffer>[] = [];
  let length = 0;
  let size = 0;
  let parts = 0;
  let whole = false;
  let upload: Multipart | null = null;
  let open = true;
  /** Settles once nothing is on its way any more. */
  let ended: Promise<unknown> = Promise.resolve();

  function checkOpen(): void {
    if (!open) throw new Error(`the writer of "${key}" has ended`);
  }

  function limit(): number {
    return whole ? MAX_WHOLE_BYTES : PART_BYTES * 2 ** Math.floor(parts / PARTS_PER_SIZE);
  }

  /** Takes as much as fits. */
  function take(chunk: Uint8Array): Uint8Array {
    const taken = Math.min(chunk.length, limit() - length);
    if (length + taken > buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(limit(), Math.max(2 * buffer.length, length + taken)));
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
    }
    buffer.set(chunk.subarray(0, taken), length);
    length += taken;
    size += taken;
    return chunk.subarray(taken);
  }

  /** The buffer is full and there is more. */
  async function sendPart(): Promise<void> {
    if (whole) throw tooLarge(place, key);
    if (upload === null) {
      whole = !(await conditions.holdOnComplete(key));
      if (whole) return;
      upload = await beginMultipart(place, key, encodeMetadata(key, write, lineage));
    }
    const full = buffer;
    const part = full.subarray(0, length);
    parts++;
    buffer = Buffer.alloc(0);
    length = 0;
    await upload.add(part, () => void spare.push(full));
    const free = spare.pop();
    buffer = free !== undefined && free.length >= limit() ? free : Buffer.allocUnsafe(limit());
  }

  async function takeAll(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (length === limit()) await sendPart();
      rest = take(rest);
    }
  }

  async function finish(options: CommitOptions): Promise<ObjectInfo> {
    const draft: Draft = { ...options, key, size, write, lineage };
    const body = buffer.subarray(0, length);
    try {
      if (upload === null) return await putWhole(place, conditions, draft, body);
      await upload.add(body);
      return await completeParts(place, conditions, draft, upload);
    } catch (error) {
      await upload?.abort();
      throw error;
    } finally {
      buffer = Buffer.alloc(0);
      spare.length = 0;
    }
  }

  return {
    write(chunk) {
      checkOpen();
      if (length + chunk.length <= limit()) return void take(chunk);
      return takeAll(chunk);
    },
    async commit(options = {}) {
      checkOpen();
      open = false;
      const finished = finish(options);
      ended = finished.catch(() => {});
      return finished;
    },
    async abort() {
      if (open) {
        buffer = Buffer.alloc(0);
        ended = upload?.abort() ?? ended;
      }
      open = false;
      await ended;
    },
  };
}

async function putWhole(place: Place, conditions: Conditions, draft: Draft, body: Uint8Array): Promise<ObjectInfo> {
  const { key, write, lineage, sha256 } = draft;
  const request = {
    ...target(place, key),
    Body: body,
    Metadata: encodeMetadata(key, write, lineage, sha256),
    // The digest of what was meant to be written: S3 refuses the object when other bytes arrive.
    ...(sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256)
      ? { ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64") }
      : {}),
  };
  return conditions.publish(draft, async (condition) => {
    return (await place.client.send(new PutObjectCommand({ ...request, ...condition }))).ETag;
  });
}

async function completeParts(place: Place, conditions: Conditions, draft: Draft, upload: Multipart) {
  const { key, write, lineage, sha256 } = draft;
  await upload.settle();
  const digest = target(place, digestKey(write));
  const withDigest = lineage !== undefined && sha256 !== undefined;
  try {
    if (withDigest) await place.client.send(new PutObjectCommand({ ...digest, Body: Buffer.from(sha256) }));
    return await conditions.publish(draft, upload.complete, true);
  } catch (error) {
    if (withDigest) await place.client.send(new DeleteObjectCommand(digest)).catch(() => {});
    throw s3Error(error, WRITE, key, place);
  }
}

function tooLarge(place: Place, key: string): VantageflowError {
  const why = `it is larger than ${MAX_WHOLE_BYTES / MIB} MiB, and this server ignores conditions on multipart uploads`;
  const message = `Cannot write "${place.prefix}${key}" in bucket "${place.bucket}": ${why}. Split the batch (docs/s3.md).`;
  return new VantageflowError("storage_failed", message, { key });
}
