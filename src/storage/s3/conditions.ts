import { setTimeout as sleep } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import { conflict } from "../faults.ts";
import type { CommitOptions, Lineage, ObjectHead, ObjectInfo } from "../port.ts";
import { isMissing, isNamed, s3Error, statusOf, WRITE } from "./errors.ts";
import { etagOf, headOf, tokenOf, wholeSeconds, writeOf } from "./head.ts";
import { type Place, PRIVATE, target } from "./place.ts";

/** A write about to be made visible. */
export interface Draft extends CommitOptions {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Names this one write; the object carries it. */
  readonly write: string;
  readonly lineage: Lineage | undefined;
}

/** Milliseconds before each new try of a write that S3 asked to try again (409 ConditionalRequestConflict). */
const RETRY_DELAYS_MS = [20, 50, 100, 200, 400];

/** What a server makes of conditions; learned as it goes and shared by all writers of a lake. */
export interface Conditions {
  /**
   * Sends a conditional write until it is known what became of it. Throws `conflict` when the condition did not hold,
   * `storage_failed` for anything else. `mayRepeat` is false where a 409 means to begin from the start.
   */
  publish(
    draft: Draft,
    mayRepeat: boolean,
    send: (condition: Condition) => Promise<string | undefined>,
  ): Promise<ObjectInfo>;
  /** Whether completing a multipart upload obeys a condition too: on AWS it does, on Ceph RGW it does not. */
  holdOnComplete(): Promise<boolean>;
}

export interface Condition {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

export function createConditions(place: Place): Conditions {
  /** S3 takes both forms of an ETag; Ceph RGW 16 matches the bare one only. */
  let quoted = true;
  let checkedPut: Promise<void> | undefined;
  let checkedComplete: Promise<boolean> | undefined;

  function conditionOf(ifToken: string | null | undefined): Condition {
    if (ifToken === undefined) return {};
    if (ifToken === null) return { IfNoneMatch: "*" };
    return { IfMatch: quoted ? `"${etagOf(ifToken)}"` : etagOf(ifToken) };
  }

  /** A check that failed is no answer: the next write checks again. */
  function checkPuts(key: string): Promise<void> {
    checkedPut ??= checkPut(place, key).catch((error) => {
      checkedPut = undefined;
      throw error;
    });
    return checkedPut;
  }

  async function publish(
    draft: Draft,
    mayRepeat: boolean,
    send: (condition: Condition) => Promise<string | undefined>,
  ) {
    if (draft.ifToken !== undefined && isForeign(place)) await checkPuts(draft.key);
    let turned = false;
    for (let attempt = 0; ; attempt++) {
      const form = quoted;
      try {
        const etag = await send(conditionOf(draft.ifToken));
        // Ceph RGW completes an upload without telling the ETag.
        if (!etag) return infoOf((await present(place, draft.key)) ?? vanished(draft.key));
        return { key: draft.key, token: tokenOf(etag), size: draft.size, modified: wholeSeconds(new Date()) };
      } catch (error) {
        const status = statusOf(error);
        const now =
          [404, 409, 412].includes(status ?? 0) && !isNamed(error, "NoSuchBucket")
            ? await present(place, draft.key)
            : undefined;
        if (now === undefined) throw s3Error(error, WRITE, draft.key, place);
        if (now !== null && isOurs(now, draft)) return infoOf(now);
        if (status === 409 && mayRepeat && attempt < RETRY_DELAYS_MS.length) {
          await sleep(RETRY_DELAYS_MS[attempt]);
        } else if (
          status === 412 &&
          typeof draft.ifToken === "string" &&
          now?.head.token === draft.ifToken &&
          !turned
        ) {
          // The condition does hold: the server wants the ETag in its other form.
          turned = true;
          if (quoted === form) quoted = !form;
        } else if (status === 404 && typeof draft.ifToken !== "string") {
          throw s3Error(error, WRITE, draft.key, place);
        } else {
          throw conflict(draft.key);
        }
      }
    }
  }

  return {
    publish,
    async holdOnComplete() {
      if (!isForeign(place)) return true;
      checkedComplete ??= checkComplete(place).catch((error) => {
        checkedComplete = undefined;
        throw error;
      });
      return checkedComplete;
    },
  };
}

interface Present {
  readonly head: ObjectHead;
  readonly write: string | undefined;
}

/** What is there now; null when nothing is. */
async function present(place: Place, key: string): Promise<Present | null> {
  try {
    const described = await place.client.send(new HeadObjectCommand(target(place, key)));
    return { head: await headOf(place, key, described), write: writeOf(described) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw s3Error(error, WRITE, key, place);
  }
}

/**
 * Whether what is there is what the draft would have put there: this very write, whose answer was lost, or the same
 * bytes of the same source from somebody else.
 */
function isOurs({ head, write }: Present, draft: Draft): boolean {
  if (write === draft.write) return true;
  const { metadata } = head;
  return (
    metadata !== null &&
    metadata.sha256 === draft.sha256 &&
    metadata.sourceKey === draft.lineage?.sourceKey &&
    metadata.sourceToken === draft.lineage.sourceToken
  );
}

function infoOf({ head: { metadata: _, ...info } }: Present): ObjectInfo {
  return info;
}

function vanished(key: string): never {
  throw conflict(key);
}

/** Servers that are not Amazon's: there, what is documented is not always so. */
function isForeign({ client }: Place): boolean {
  return client.config.endpoint !== undefined;
}

const PROBE = `${PRIVATE}conditions`;
const NO_ETAG = "0".repeat(32);

/** Throws `storage_failed` for a server that overwrites in spite of If-None-Match or If-Match: no lake is safe there. */
async function checkPut(place: Place, key: string): Promise<void> {
  const put = (condition: Condition) =>
    obeys(place, key, () =>
      place.client.send(new PutObjectCommand({ ...target(place, PROBE), Body: Buffer.alloc(0), ...condition })),
    );
  await put({ IfNoneMatch: "*" });
  if (!(await put({ IfNoneMatch: "*" }))) throw disobeys(place, "If-None-Match");
  if (!(await put({ IfMatch: NO_ETAG }))) throw disobeys(place, "If-Match");
}

/** False when one of two conditions that cannot hold does not keep an upload from being completed. */
async function checkComplete(place: Place): Promise<boolean> {
  const { client } = place;
  const probe = target(place, PROBE);
  try {
    await client.send(new PutObjectCommand({ ...probe, Body: Buffer.alloc(0) }));
    for (const condition of [{ IfNoneMatch: "*" }, { IfMatch: NO_ETAG }]) {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(probe));
      const part = { ...probe, UploadId, PartNumber: 1, Body: Buffer.alloc(0) };
      const { ETag } = await client.send(new UploadPartCommand(part));
      const complete = { ...probe, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] }, ...condition };
      if (!(await obeys(place, PROBE, () => client.send(new CompleteMultipartUploadCommand(complete))))) return false;
      await client.send(new AbortMultipartUploadCommand({ ...probe, UploadId })).catch(() => {});
    }
    return true;
  } catch (error) {
    throw s3Error(error, WRITE, PROBE, place);
  }
}

/** False when a write whose condition cannot hold went through. */
async function obeys(place: Place, key: string, write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return false;
  } catch (error) {
    if (statusOf(error) === 412) return true;
    throw s3Error(error, WRITE, key, place);
  }
}

function disobeys(place: Place, header: string): VantageflowError {
  const why = `the server ignores ${header}, so that two writers would overwrite each other`;
  const message = `Cannot write to bucket "${place.bucket}": ${why}. Use a server with conditional writes (docs/s3.md).`;
  return new VantageflowError("storage_failed", message);
}
