import { createHash } from "node:crypto";
import { hasCode, VantageflowError } from "../errors.ts";
import { keyProblem } from "../storage/keys.ts";
import { readText, writeJson } from "../storage/objects.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import type { LakeFunction } from "../topology.ts";
import { dismissedKey, failedKey, letterKey, receiptKey } from "./names.ts";
import type { Fault } from "./receipts.ts";
import { bucketOf, functionArn, s3PutEvent } from "./s3-event.ts";

/** The record that Lambda writes to an on-failure destination (Lambda developer guide, "Capturing records of Lambda asynchronous invocations"). */
interface DeadLetter {
  readonly version: "1.0";
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: "RetriesExhausted";
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: ReturnType<typeof s3PutEvent>;
  readonly responseContext: {
    readonly statusCode: 200;
    readonly executedVersion: "$LATEST";
    readonly functionError: "Unhandled";
  };
  readonly responsePayload: {
    readonly errorType: string;
    readonly errorMessage: string;
    readonly line: number | null;
    readonly column: string | null;
  };
}

/**
 * Writes the dead letter of a version that a function could not process, and returns its key. `now` is the time of the
 * failure, in milliseconds since the epoch; the first one that is told of a version counts, so whoever writes its letter
 * again, or at the same time, leaves one record.
 */
export async function writeDeadLetter(
  storage: LakeStorage,
  fn: LakeFunction,
  object: ObjectInfo,
  fault: Fault,
  attempts: number,
  now: number,
): Promise<string> {
  const requestId = letterIdOf(fn.name, object);
  const timestamp = await claimTime(storage, requestId, object, new Date(now).toISOString());
  const record: DeadLetter = {
    version: "1.0",
    timestamp,
    requestContext: {
      requestId,
      functionArn: `${functionArn(fn.name)}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: attempts,
    },
    requestPayload: s3PutEvent(bucketOf(storage.url), object, fn.startedBy.id),
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType: fault.code, errorMessage: fault.message, line: fault.line, column: fault.column },
  };
  const key = letterKey(fn.name, timestamp, requestId);
  await writeJson(storage, key, record);
  return key;
}

/**
 * Whether a version has ended in a dead letter that stands for its receipt: some keys can be listed, but no receipt of
 * theirs could be named.
 */
export async function isLetterOnly(storage: LakeStorage, fn: LakeFunction, object: ObjectInfo): Promise<boolean> {
  if (keyProblem(receiptKey(fn.name, object.key, object.token)) === null) return false;
  const requestId = letterIdOf(fn.name, object);
  const timestamp = await readTime(storage, requestId, object);
  if (timestamp === null) return false;
  const key = letterKey(fn.name, timestamp, requestId);
  return (await storage.head(key)) !== null || (await storage.head(dismissedKey(key))) !== null;
}

/** What every dead letter has; Lambda's own have no response where the event expired before it was ever handled. */
export interface ParsedLetter {
  readonly id: string;
  readonly time: string;
  /** The function's name. */
  readonly function: string;
  readonly event: unknown;
  readonly code: string;
  readonly message: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** A dead letter as it was written, by us or by Lambda. Throws `input_invalid` for a text that lacks what makes it one. */
export function parseDeadLetter(text: string): ParsedLetter {
  const record = parseObject(text);
  const context = asObject(record.requestContext);
  const response = asObject(record.responsePayload);
  const { requestId: id, functionArn, condition } = context;
  // Of records of a stream there is where they stood.
  const { timestamp: time, requestPayload: event = record.KinesisBatchInfo } = record;
  const { errorType = condition, errorMessage = `no answer (${condition})` } = response;
  const needed = [id, time, functionArn, errorType, errorMessage];
  if (!needed.every((one) => typeof one === "string") || typeof event !== "object" || event === null) {
    throw new VantageflowError("input_invalid", "it is no dead letter of Lambda's format");
  }
  const [letterId, letterTime, arn, code, message] = needed as string[];
  return { id: letterId, time: letterTime, function: arn.split(":")[6] ?? arn, event, code, message, record };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    throw new VantageflowError("input_invalid", "it is not JSON", { cause: error });
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The time of a version's failure, ISO 8601: `time`, unless another was told before. */
async function claimTime(storage: LakeStorage, id: string, object: ObjectInfo, time: string): Promise<string> {
  try {
    await writeJson(storage, failedKey(id), { version: 1, time }, { ifToken: null });
    return time;
  } catch (error) {
    if (!hasCode(error, "conflict")) throw error;
  }
  return (await readTime(storage, id, object)) ?? time;
}

/** The same, as it was told; null when it was not. Where it cannot be read, everybody takes the time of the object. */
async function readTime(storage: LakeStorage, id: string, { modified }: ObjectInfo): Promise<string | null> {
  let told: unknown;
  try {
    told = asObject(JSON.parse(await readText(storage, failedKey(id)))).time;
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    if (!(error instanceof SyntaxError) && !hasCode(error, "input_invalid")) throw error;
  }
  const time = typeof told === "string" ? Date.parse(told) : Number.NaN;
  return new Date(Number.isNaN(time) ? modified : time).toISOString();
}

/** The id of the letter of a version that a function could not process. */
export function letterIdOf(fn: string, { key, token }: Pick<ObjectInfo, "key" | "token">): string {
  return uuidOf(fn, key, token);
}

/** A UUID made of a digest (RFC 9562 §5.8, version 8). */
export function uuidOf(...parts: string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
