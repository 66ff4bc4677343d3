import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { checkLineage } from "../faults.ts";
import type { CommitOptions, ObjectInfo, ObjectWriter } from "../port.ts";
import type { Conditions, Draft } from "./conditions.ts";
import { s3Error, statusOf, WRITE } from "./errors.ts";
import { asideKey, encodeAside, encodeMetadata } from "./head.ts";
import { beginMultipart, type Multipart } from "./multipart.ts";
import { type Place, target } from "./place.ts";
import { createSpill, type Spill } from "./spill.ts";

/** What fits is one PutObject; more goes in parts of this size, the smallest that S3 takes. */
const PART_BYTES = 5 * 1024 * 1024;
/** S3 takes 10,000 parts: doubled after every 2,000, they hold 325 GB. */
const PARTS_PER_SIZE = 2000;
const FIRST_BYTES = 64 * 1024;
/** Before each new try of a request whose body is a file; those of the others are the SDK's. */
const RETRY_DELAYS_MS = [100, 400];

/**
 * Writes `key`: in memory up to a part; beyond, in a multipart upload, or from a temporary file where completing an upload
 * obeys no condition. Constant memory (a few parts), nothing visible before commit, nothing left behind by abort.
 */
export function createS3Writer(place: Place, conditions: Conditions, key: string, derived: boolean): ObjectWriter {
  const write = randomUUID();
  let buffer: Buffer<ArrayBuffer> = Buffer.allocUnsafe(FIRST_BYTES);
  /** Buffers of parts that were sent: the garbage collector would be late with blocks of this size. */
  const spare: Buffer<ArrayBuffer>[] = [];
  let length = 0;
  let size = 0;
  let parts = 0;
  let upload: Multipart | null = null;
  let spill: Spill | null = null;
  let open = true;
  /** Settles once nothing is on its way any more. */
  let ended: Promise<unknown> = Promise.resolve();

  function checkOpen(): void {
    if (!open) throw new Error(`the writer of "${key}" has ended`);
  }

  function limit(): number {
    return PART_BYTES * 2 ** Math.floor(parts / PARTS_PER_SIZE);
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
    if (upload === null && spill === null) {
      if (await conditions.holdOnComplete(key)) {
        upload = await beginMultipart(place, key, encodeAside(write, derived));
      } else spill = createSpill(place, key);
    }
    const full = buffer;
    const part = full.subarray(0, length);
    length = 0;
    if (upload === null) return spill?.add(part);
    parts++;
    buffer = Buffer.alloc(0);
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
    // Parts on their way go on only when the event loop turns; whoever writes from memory would not let it.
    if (upload !== null) await new Promise((next) => setImmediate(next));
  }

  async function finish(options: CommitOptions): Promise<ObjectInfo> {
    const draft: Draft = { ...options, key, size, write };
    const rest = buffer.subarray(0, length);
    try {
      if (upload !== null) {
        await upload.add(rest);
        return await completeParts(place, conditions, draft, upload);
      }
      if (spill === null) return await putWhole(place, conditions, draft, { open: () => rest });
      const { open } = spill;
      spill.add(rest);
      return await putWhole(place, conditions, draft, { open, sha256: spill.digest() });
    } catch (error) {
      await upload?.abort();
      throw error;
    } finally {
      release();
    }
  }

  function release(): void {
    buffer = Buffer.alloc(0);
    spare.length = 0;
    spill?.close();
  }

  return {
    write(chunk) {
      checkOpen();
      if (upload === null && length + chunk.length <= limit()) return void take(chunk);
      return takeAll(chunk);
    },
    async settle() {
      checkOpen();
    },
    async commit(options = {}) {
      checkOpen();
      checkLineage(key, derived, options.lineage);
      open = false;
      const finished = finish(options);
      ended = finished.catch(() => {});
      return finished;
    },
    async abort() {
      if (open) {
        release();
        ended = upload?.abort() ?? ended;
      }
      open = false;
      await ended;
    },
  };
}

/** What one PutObject sends. */
interface Payload {
  /** The bytes, anew for each try. */
  open(): Uint8Array | Readable;
  /** Of these very bytes, where it is known: it is signed in place of one that the SDK could not compute of a stream. */
  readonly sha256?: string;
}

async function putWhole(
  place: Place,
  conditions: Conditions,
  draft: Draft,
  { open, sha256 }: Payload,
): Promise<ObjectInfo> {
  const { key, size, write, lineage } = draft;
  const [meant, signed = meant] = [draft.sha256, sha256].filter((digest) => /^[0-9a-f]{64}$/.test(digest ?? ""));
  const request = {
    ...target(place, key),
    ContentLength: size,
    Metadata: encodeMetadata(key, write, lineage, draft.sha256),
    // The digest of what was meant to be written: S3 refuses the object when other bytes arrive.
    ...(meant === undefined ? {} : { ChecksumSHA256: Buffer.from(meant, "hex").toString("base64") }),
  };
  return conditions.publish(draft, async (condition) => {
    for (let attempt = 0; ; attempt++) {
      const Body = open();
      const command = new PutObjectCommand({ ...request, ...condition, Body });
      if (signed !== undefined) signAs(command, signed);
      try {
        return (await place.client.send(command)).ETag;
      } catch (error) {
        const status = statusOf(error) ?? 503;
        if (!(Body instanceof Readable) || status < 500 || attempt === RETRY_DELAYS_MS.length) throw error;
        await sleep(RETRY_DELAYS_MS[attempt]);
      } finally {
        // A server may answer before it has taken all: what is still read would outlive the file.
        if (Body instanceof Readable) Body.destroy();
      }
    }
  });
}

/** S3 API reference, "Signature calculations for the authorization header": the payload's digest is this header's. */
function signAs(command: PutObjectCommand, sha256: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-amz-content-sha256"] = sha256;
      return next(args);
    },
    { step: "build", name: "signedDigest" },
  );
}

async function completeParts(place: Place, conditions: Conditions, draft: Draft, upload: Multipart) {
  const { key, write, lineage, sha256 } = draft;
  await upload.drain();
  const aside = target(place, asideKey(write));
  try {
    if (lineage !== undefined) {
      const fields = JSON.stringify(encodeMetadata(key, write, lineage, sha256));
      await place.client.send(new PutObjectCommand({ ...aside, Body: Buffer.from(fields) }));
    }
    return await conditions.publish(draft, upload.complete, true);
  } catch (error) {
    if (lineage !== undefined) await place.client.send(new DeleteObjectCommand(aside)).catch(() => {});
    throw s3Error(error, WRITE, key, place);
  }
}
