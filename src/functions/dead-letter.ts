import { createHash } from "node:crypto";
import { VantageflowError } from "../errors.ts";
import { writeJson } from "../pipeline/objects.ts";
import type { Fault } from "../pipeline/receipts.ts";
import type { LakeStorage, ObjectInfo } from "../storage/port.ts";
import type { LakeFunction } from "../topology.ts";
import { bucketOf, functionArn, s3PutEvent } from "./s3-event.ts";

export const DEAD_LETTERS = "dead-letter/";

/** The record that Lambda writes to an on-failure destination (Lambda developer guide, "Capturing records of Lambda asynchronous invocations"). */
export interface DeadLetter {
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
 * Writes the dead letter of a version that a function could not process, and returns its key. Key and content are a
 * function of the arguments, time and id included, so writing it again leaves one record.
 */
export async function writeDeadLetter(
  storage: LakeStorage,
  fn: LakeFunction,
  object: ObjectInfo,
  fault: Fault,
  attempts: number,
): Promise<string> {
  const requestId = uuidOf(fn.name, object.key, object.token);
  const timestamp = new Date(object.modified).toISOString();
  const record: DeadLetter = {
    version: "1.0",
    timestamp,
    requestContext: {
      requestId,
      functionArn: `${functionArn(fn.name)}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: attempts,
    },
    requestPayload: s3PutEvent(bucketOf(storage.url), object, fn.trigger.id),
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType: fault.code, errorMessage: fault.message, line: fault.line, column: fault.column },
  };
  const key = deadLetterKey(fn.name, timestamp, requestId);
  await writeJson(storage, key, record);
  return key;
}

/** A dead letter as it was written, by anybody. Throws `input_invalid` for a text that lacks what makes it one. */
export function parseDeadLetter(text: string): DeadLetter {
  let record: Partial<DeadLetter> | null;
  try {
    record = JSON.parse(text) as Partial<DeadLetter> | null;
  } catch (error) {
    throw new VantageflowError("input_invalid", "it is not JSON", { cause: error });
  }
  const needed = [
    record?.timestamp,
    record?.requestContext?.requestId,
    record?.requestContext?.functionArn,
    record?.requestPayload?.Records?.[0]?.s3?.object?.key,
    record?.responsePayload?.errorType,
    record?.responsePayload?.errorMessage,
  ];
  if (needed.every((text) => typeof text === "string")) return record as DeadLetter;
  throw new VantageflowError("input_invalid", "it is no dead letter of Lambda's format");
}

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`, as Lambda names them. */
function deadLetterKey(fn: string, timestamp: string, requestId: string): string {
  const day = timestamp.slice(0, 10).replaceAll("-", "/");
  const second = timestamp.slice(0, 19).replaceAll(":", ".");
  return `${DEAD_LETTERS}aws/lambda/async/${fn}/${day}/${second}-${requestId}`;
}

/** A UUID made of a digest (RFC 9562 §5.8, version 8). */
function uuidOf(...parts: string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
