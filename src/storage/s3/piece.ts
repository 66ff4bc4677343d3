import type { Readable } from "node:stream";
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand } from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import { notFound } from "../faults.ts";
import type { ByteRange } from "../port.ts";
import { rangeWithin } from "../range.ts";
import { explainS3Error, isMissing, isNamed, type Purpose, READ, s3Error, statusOf } from "./errors.ts";
import type { Described } from "./head.ts";
import { type Place, target } from "./place.ts";

/** An object, or one version of it, that is to be read. */
export interface ReadTarget {
  readonly place: Place;
  readonly key: string;
  readonly versionId?: string;
}

/** A body, chunk by chunk as it is asked for; null at its end. Whatever happens, `close` frees the socket. */
interface Body {
  next(): Promise<Uint8Array | null>;
  close(): void;
}

/** The bytes from `start` to `end` (exclusive) of an object of `size` bytes. */
export interface Piece {
  readonly described: Described;
  readonly source: Body;
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

const READ_VERSION: Purpose = { verb: "read", permission: "s3:GetObjectVersion" };
/** Looks at an object that grows between two requests each time. */
const MAX_LOOKS = 3;
const NOTHING: Body = { next: async () => null, close() {} };

/**
 * Opens what there is of a range; the whole object without one. One request; two where nothing is there, because then S3
 * does not describe the object. Throws `not_found`, `storage_failed`.
 */
export async function openPiece(wanted: ReadTarget, range: ByteRange | undefined): Promise<Piece> {
  // The whole is asked for without a header: S3 sends a checksum only then.
  if (range === undefined || (range.start === 0 && range.end === undefined)) return wholeOf(await get(wanted));
  for (let look = 1; ; look++) {
    // No header asks for no bytes (RFC 9110 §14.1.2).
    const answer = range.start === range.end ? null : await getRange(wanted, range);
    if (answer !== null) return pieceOf(wanted, range, answer);
    const described = await describe(wanted);
    const { start, end, size } = within(range, described.ContentLength);
    if (start === end) return { described, source: NOTHING, start, end, size };
    if (look === MAX_LOOKS) throw readError(wanted, new Error("the server has no bytes where the object has some"));
  }
}

/** Takes a piece up again at a byte, pinned to its ETag. Throws `superseded`, `storage_failed`. */
export async function resumePiece(wanted: ReadTarget, { described, end, size }: Piece, at: number): Promise<Body> {
  const pinned = { Range: `bytes=${at}-${end - 1}`, IfMatch: described.ETag };
  const answer = await send(wanted, pinned).catch((error) => {
    throw isAbsent(error, wanted) || statusOf(error) === 412 ? replaced(wanted, error) : readError(wanted, error);
  });
  const source = sourceOf(answer);
  if (answer.ETag === described.ETag && isPiece(answer, at, end, size)) return source;
  source.close();
  throw readError(wanted, new Error("the server does not continue where the body broke"));
}

/** What a failed read throws. */
export function readError(wanted: ReadTarget, error: unknown): VantageflowError {
  const { place, key, versionId } = wanted;
  if (isAbsent(error, wanted)) return notFound(key, error);
  return s3Error(error, versionId === undefined ? READ : READ_VERSION, key, place);
}

function requestOf({ place, key, versionId }: ReadTarget) {
  return { ...target(place, key), ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

function send(wanted: ReadTarget, headers: object = {}): Promise<GetObjectCommandOutput> {
  return wanted.place.client.send(new GetObjectCommand({ ...requestOf(wanted), ...headers }));
}

function get(wanted: ReadTarget): Promise<GetObjectCommandOutput> {
  return send(wanted).catch((error) => {
    throw readError(wanted, error);
  });
}

/** Null where the object has no bytes. */
function getRange(wanted: ReadTarget, { start, end }: ByteRange): Promise<GetObjectCommandOutput | null> {
  const Range = start < 0 ? `bytes=${start}` : `bytes=${start}-${end === undefined ? "" : end - 1}`;
  return send(wanted, { Range }).catch((error) => {
    if (statusOf(error) === 416) return null;
    throw readError(wanted, error);
  });
}

function describe(wanted: ReadTarget): Promise<Described> {
  return wanted.place.client.send(new HeadObjectCommand(requestOf(wanted))).catch(async (error) => {
    throw readError(wanted, isAbsent(error, wanted) ? error : await explainS3Error(error, wanted.place, wanted.key));
  });
}

function wholeOf(answer: GetObjectCommandOutput): Piece {
  const size = answer.ContentLength ?? 0;
  return { described: answer, source: sourceOf(answer), start: 0, end: size, size };
}

function pieceOf(wanted: ReadTarget, range: ByteRange, answer: GetObjectCommandOutput): Piece {
  const source = sourceOf(answer);
  const { start, end, size } = within(range, Number(/\/(\d+)$/.exec(answer.ContentRange ?? "")?.[1]));
  if (isPiece(answer, start, end, size)) return { described: answer, source, start, end, size };
  source.close();
  throw readError(wanted, new Error("the server gives other bytes than it was asked for"));
}

function within(range: ByteRange, size = 0) {
  return { ...rangeWithin(range, size), size };
}

/** Whether these bytes and no others are in the answer (RFC 9110 §14.4). */
function isPiece(answer: GetObjectCommandOutput, start: number, end: number, size: number): boolean {
  return answer.$metadata.httpStatusCode === 206 && answer.ContentRange === `bytes ${start}-${end - 1}/${size}`;
}

function sourceOf({ Body }: GetObjectCommandOutput): Body {
  const body = Body as Readable;
  // A body that breaks before it is read must not end the process; reading it tells.
  body.on("error", () => {});
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return {
    async next() {
      const { done, value } = await chunks.next();
      return done === true ? null : value;
    },
    close: () => void body.destroy(),
  };
}

/** No such version: S3 says NoSuchVersion, 405 for a delete marker and InvalidArgument for what is no version id. */
function isAbsent(error: unknown, { versionId }: ReadTarget): boolean {
  if (isMissing(error)) return true;
  return versionId !== undefined && isNamed(error, "NoSuchVersion", "MethodNotAllowed", "InvalidArgument");
}

function replaced({ key }: ReadTarget, cause: unknown): VantageflowError {
  const why = "it was replaced while it was being read. The newest version is work of its own; run: vantageflow run";
  return new VantageflowError("superseded", `Cannot read "${key}": ${why}.`, { key, cause });
}
