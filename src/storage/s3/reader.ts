import type { Readable } from "node:stream";
import { GetObjectCommand, type GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import { notFound } from "../faults.ts";
import type { ObjectReader } from "../port.ts";
import { isMissing, isNamed, type Purpose, READ, s3Error, statusOf } from "./errors.ts";
import { headOf } from "./head.ts";
import { type Place, target } from "./place.ts";

/** How often a broken body is taken up again at one place. */
const MAX_RESUMES = 3;

const READ_VERSION: Purpose = { verb: "read", permission: "s3:GetObjectVersion" };

/**
 * Opens an object, or one version of it. A body that breaks is taken up again where it broke, pinned to the same ETag:
 * `superseded` when somebody has replaced the object meanwhile, never mixed bytes. Throws `not_found`, `storage_failed`.
 */
export async function openReader(place: Place, key: string, versionId?: string): Promise<ObjectReader> {
  const purpose = versionId === undefined ? READ : READ_VERSION;
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const request = { ...target(place, key), ...version };
  const fail = (error: unknown) => s3Error(error, purpose, key, place);

  const first = await place.client.send(new GetObjectCommand(request)).catch((error) => {
    throw isAbsent(error, versionId) ? notFound(key, error) : fail(error);
  });
  let source = sourceOf(first);
  const head = await headOf(place, key, first).catch((error) => {
    source.close();
    throw fail(error);
  });
  let left: Uint8Array = Buffer.alloc(0);
  let received = 0;
  let resumes = 0;
  let open = true;

  /** The next bytes, or null at the end; takes a broken body up again. */
  async function next(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = await source
        .next()
        .catch((error: unknown) => (error instanceof Error ? error : new Error("broken")));
      if (chunk instanceof Uint8Array) {
        resumes = 0;
        return chunk;
      }
      if (!open) throw closed(key);
      const ended = received === head.size;
      if (chunk === null && ended) return null;
      // All bytes are there, and their checksum is wrong: no second reading of the end can mend that.
      if (chunk !== null && ended) throw fail(chunk);
      if (received > head.size || ++resumes > MAX_RESUMES) throw fail(chunk ?? tooShort(received, head.size));
      source.close();
      source = await resume();
      if (!open) source.close();
    }
  }

  async function resume() {
    const range = { Range: `bytes=${received}-`, IfMatch: first.ETag };
    const answer = await place.client.send(new GetObjectCommand({ ...request, ...range })).catch((error) => {
      throw isAbsent(error, versionId) || statusOf(error) === 412 ? replaced(key, error) : fail(error);
    });
    const resumed = sourceOf(answer);
    if (answer.$metadata.httpStatusCode === 206 && answer.ETag === first.ETag) return resumed;
    resumed.close();
    throw fail(new Error("the server does not continue where the body broke"));
  }

  return {
    head,
    async pull(into) {
      if (!open) throw closed(key);
      while (left.length === 0) {
        const chunk = await next();
        if (chunk === null) return 0;
        received += chunk.length;
        left = chunk;
      }
      const length = Math.min(left.length, into.length);
      into.set(left.subarray(0, length));
      left = left.subarray(length);
      return length;
    },
    async close() {
      open = false;
      source.close();
    },
  };
}

/** A body, chunk by chunk as it is asked for; null at its end. Whatever happens, `close` frees the socket. */
function sourceOf({ Body }: GetObjectCommandOutput) {
  const body = Body as Readable;
  // A body that breaks before it is read must not end the process; reading it tells.
  body.on("error", () => {});
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return {
    async next(): Promise<Uint8Array | null> {
      const { done, value } = await chunks.next();
      return done === true ? null : value;
    },
    close: () => void body.destroy(),
  };
}

/** No such version: S3 says NoSuchVersion, 405 for a delete marker and InvalidArgument for what is no version id. */
function isAbsent(error: unknown, versionId: string | undefined): boolean {
  if (isMissing(error)) return true;
  return versionId !== undefined && isNamed(error, "NoSuchVersion", "MethodNotAllowed", "InvalidArgument");
}

function closed(key: string): Error {
  return new Error(`the reader of "${key}" is closed`);
}

function tooShort(received: number, size: number): Error {
  return new Error(`the body ended after ${received} of ${size} bytes`);
}

function replaced(key: string, cause: unknown): VantageflowError {
  const why = "it was replaced while it was being read. The newest version is work of its own; run: vantageflow run";
  return new VantageflowError("superseded", `Cannot read "${key}": ${why}.`, { key, cause });
}
