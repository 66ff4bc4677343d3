import { readStoredJson } from "../storage/objects.ts";
import type { LakeStorage } from "../storage/port.ts";
import { lambdaFolder, letterName } from "./names.ts";
import { recordsOf } from "./s3-event.ts";

/** A version that Lambda gave up on: its key, and its token (the event's ETag). */
export interface GivenUp {
  readonly key: string;
  readonly token: string;
}

/** A record that Lambda wrote of an event which it gave up on. */
interface FailureRecord {
  readonly key: string;
  /** Milliseconds since the epoch, in whole seconds. */
  readonly written: number;
}

/** The records of a function, not before `since` (ms since the epoch, in whole seconds), by their names. */
export async function* failureRecords(failures: LakeStorage, fn: string, since: number): AsyncGenerator<FailureRecord> {
  for await (const { key } of failures.list(lambdaFolder(fn))) {
    const name = letterName(key);
    if (name !== null && name.written >= since) yield { key, written: name.written };
  }
}

/** The versions that a failure record is about; none when it is gone or no such record. */
export async function givenUpBy(failures: LakeStorage, record: string): Promise<readonly GivenUp[]> {
  const written = (await readStoredJson(failures, record)) as { readonly requestPayload?: unknown } | null;
  return recordsOf(written?.requestPayload).flatMap((one) =>
    "problem" in one || one.eTag === null ? [] : [{ key: one.key, token: one.eTag }],
  );
}
