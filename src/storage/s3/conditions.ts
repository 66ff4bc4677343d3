import { setTimeout as sleep } from "node:timers/promises";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { conflict } from "../faults.ts";
import type { CommitOptions, ObjectHead, ObjectInfo } from "../port.ts";
import { isMissing, isNamed, s3Error, statusOf, WRITE } from "./errors.ts";
import { etagOf, headOf, tokenOf, wholeSeconds, writeOf } from "./head.ts";
import type { Condition } from "./multipart.ts";
import { type Place, target } from "./place.ts";
import { checkComplete, checkPut, isForeign } from "./probe.ts";

/** A write about to be made visible. */
export interface Draft extends CommitOptions {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Names this one write; the object carries it. */
  readonly write: string;
}

/** One attempt to make a draft visible; the ETag that it got, where the server tells it. */
type Send = (condition: Condition) => Promise<string | undefined>;

/** What a server makes of conditions; learned as it goes and shared by all writers of a lake. */
export interface Conditions {
  /**
   * Sends a write until it is known what became of it. Throws `conflict` when its condition did not hold, and
   * `storage_failed`. With `fromTheStart`, a 409 means to begin the whole write again: that is a `conflict` too.
   */
  publish(draft: Draft, send: Send, fromTheStart?: boolean): Promise<ObjectInfo>;
  /** Whether completing a multipart upload obeys a condition too: on AWS it does, on Ceph RGW it does not. */
  holdOnComplete(key: string): Promise<boolean>;
}

/** Milliseconds before each new try of a write that S3 asked to try again (409 ConditionalRequestConflict). */
const RETRY_DELAYS_MS = [20, 50, 100, 200, 400];

export function createConditions(place: Place): Conditions {
  /** S3 takes both forms of an ETag; Ceph RGW 16 matches the bare one only. */
  let quoted = true;
  const checkPuts = remembered((key) => checkPut(place, key));
  const checkCompletes = remembered((key) => checkComplete(place, key));

  function conditionOf(ifToken: string | null | undefined): Condition {
    if (ifToken === undefined) return {};
    if (ifToken === null) return { IfNoneMatch: "*" };
    return { IfMatch: quoted ? `"${etagOf(ifToken)}"` : etagOf(ifToken) };
  }

  return {
    async publish(draft, send, fromTheStart = false) {
      if (draft.ifToken !== undefined && isForeign(place)) await checkPuts(draft.key);
      let turned = false;
      for (let attempt = 0; ; attempt++) {
        const form = quoted;
        try {
          return await sent(place, draft, await send(conditionOf(draft.ifToken)));
        } catch (error) {
          const now = await afterFailure(place, draft, error);
          if (now !== null && isOurs(now, draft)) return infoOf(now);
          const status = statusOf(error);
          if (status === 409 && !fromTheStart && attempt < RETRY_DELAYS_MS.length) {
            await sleep(RETRY_DELAYS_MS[attempt]);
          } else if (status === 412 && now !== null && now.head.token === draft.ifToken && !turned) {
            // The condition does hold: the server wants the ETag in its other form.
            turned = true;
            if (quoted === form) quoted = !form;
          } else {
            throw conflict(draft.key);
          }
        }
      }
    },
    async holdOnComplete(key) {
      return !isForeign(place) || checkCompletes(key);
    },
  };
}

/** A check that is made once. One that failed is no answer: the next write checks again. */
function remembered<T>(check: (key: string) => Promise<T>): (key: string) => Promise<T> {
  let answer: Promise<T> | undefined;
  return (key) => {
    answer ??= check(key).catch((error) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}

async function sent(place: Place, draft: Draft, etag: string | undefined): Promise<ObjectInfo> {
  if (etag) return { key: draft.key, token: tokenOf(etag), size: draft.size, modified: wholeSeconds(new Date()) };
  // Ceph RGW completes an upload without telling the ETag.
  const now = await present(place, draft.key);
  if (now === null) throw conflict(draft.key);
  return infoOf(now);
}

/** What is there after a write was refused for what is there (null: nothing). Throws for every other failure. */
async function afterFailure(place: Place, { key, ifToken }: Draft, error: unknown): Promise<Present | null> {
  const status = statusOf(error) ?? 0;
  const isAboutTheObject = [404, 409, 412].includes(status) && !isNamed(error, "NoSuchBucket");
  if (!isAboutTheObject) throw s3Error(error, WRITE, key, place);
  const now = await present(place, key);
  // 404 is an answer to If-Match only; without it, an upload is gone.
  if (status === 404 && typeof ifToken !== "string" && now === null) throw s3Error(error, WRITE, key, place);
  return now;
}

interface Present {
  readonly head: ObjectHead;
  readonly write: string | undefined;
}

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
    metadata.sourceToken === draft.lineage?.sourceToken &&
    metadata.variant === draft.lineage?.variant
  );
}

function infoOf({ head: { metadata: _, ...info } }: Present): ObjectInfo {
  return info;
}
