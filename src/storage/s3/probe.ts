import { PutObjectCommand } from "@aws-sdk/client-s3";
import { VantageflowError } from "../../errors.ts";
import { s3Error, statusOf, WRITE } from "./errors.ts";
import { beginMultipart, type Condition } from "./multipart.ts";
import { type Place, PRIVATE, target } from "./place.ts";

/** An empty object of vantageflow's own: what is asked of a server is asked with it. */
const PROBE = `${PRIVATE}conditions`;
/** Two conditions that cannot hold once the probe is there. */
const IF_NONE_MATCH = { IfNoneMatch: "*" };
const IF_MATCH = { IfMatch: "0".repeat(32) };

/** Servers that are not Amazon's: there, what is documented is not always so. */
export function isForeign({ client }: Place): boolean {
  return client.config.endpoint !== undefined;
}

/**
 * Asks a server whether it obeys conditions on PutObject, before `key` is written. Throws `storage_failed` for one that
 * overwrites in spite of them: no lake is safe there.
 */
export async function checkPut(place: Place, key: string): Promise<void> {
  await obeysPut(place, key, IF_NONE_MATCH);
  if (!(await obeysPut(place, key, IF_NONE_MATCH))) throw disobeys(place, "If-None-Match");
  if (!(await obeysPut(place, key, IF_MATCH))) throw disobeys(place, "If-Match");
}

function obeysPut(place: Place, key: string, condition: Condition): Promise<boolean> {
  const request = { ...target(place, PROBE), Body: Buffer.alloc(0), ...condition };
  return obeys(place, key, () => place.client.send(new PutObjectCommand(request)));
}

/** Asks a server whether it obeys conditions on completing a multipart upload too. */
export async function checkComplete(place: Place, key: string): Promise<boolean> {
  await place.client.send(new PutObjectCommand({ ...target(place, PROBE), Body: Buffer.alloc(0) })).catch((error) => {
    throw s3Error(error, WRITE, key, place);
  });
  for (const condition of [IF_NONE_MATCH, IF_MATCH]) {
    const upload = await beginMultipart(place, PROBE);
    await upload.add(Buffer.alloc(0));
    await upload.drain();
    if (!(await obeys(place, key, () => upload.complete(condition)))) return false;
    await upload.abort();
  }
  return true;
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
