import { hasCode } from "../errors.ts";
import { readText } from "../pipeline/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { recordsOf } from "./s3-event.ts";

/** A version that Lambda gave up on: its key, and its token (the event's ETag). */
export interface GivenUp {
  readonly key: string;
  readonly token: string;
}

/**
 * Keys of the records that Lambda wrote of a function's events which it gave up on, not before `since` (ms since the
 * epoch, by the second): `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` (Lambda developer guide,
 * "Capturing records of Lambda asynchronous invocations").
 */
export async function* failureRecords(failures: LakeStorage, fn: string, since: number): AsyncGenerator<string> {
  const folder = `aws/lambda/async/${fn}/`;
  const first = new Date(since).toISOString().slice(0, 19).replaceAll(":", ".");
  for await (const { key } of failures.list(folder)) {
    if (key.slice(folder.length + "YYYY/MM/DD/".length) >= first) yield key;
  }
}

/** The versions that a failure record is about; none when it is gone or no such record. */
export async function givenUpBy(failures: LakeStorage, record: string): Promise<readonly GivenUp[]> {
  let written: { readonly requestPayload?: unknown } | null;
  try {
    written = JSON.parse(await readText(failures, record));
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, "not_found", "input_invalid")) return [];
    throw error;
  }
  return recordsOf(written?.requestPayload).flatMap((one) =>
    "problem" in one || one.eTag === null ? [] : [{ key: one.key, token: one.eTag }],
  );
}
