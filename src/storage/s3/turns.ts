import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Claims } from "../port.ts";
import { statusOf } from "./errors.ts";
import { decodeKey } from "./list.ts";
import type { Condition } from "./multipart.ts";
import { type Place, PRIVATE, target } from "./place.ts";

/** An empty object for each run that is at work: `.vantageflow/runs/0`. */
const RUNS = `${PRIVATE}runs/`;
const MOST = 10;
const RENEWED_MS = 40_000;
/** One that was not renewed for so long, by the server's clock, is of a run that was killed. */
const LEASE_MS = 120_000;

/**
 * Turns on a lake in a bucket: one PUT, one LIST and one DELETE for a run, and a PUT every 40 seconds. A bucket cannot say
 * of a claim on a batch that its process is gone, and each would be a request. Where no turn can be had, it is the first.
 */
export function createS3Turns(place: Place): Claims {
  let timer: NodeJS.Timeout | undefined;
  let mine: string | undefined;
  let taken: Promise<number> | undefined;

  async function put(key: string, condition: Condition = {}): Promise<boolean> {
    try {
      await place.client.send(new PutObjectCommand({ ...target(place, key), Body: Buffer.alloc(0), ...condition }));
      return true;
    } catch (error) {
      if ([409, 412].includes(statusOf(error) ?? 0)) return false;
      throw error;
    }
  }

  async function take(): Promise<number> {
    for (let number = 0; number < MOST; number++) {
      const key = `${RUNS}${number}`;
      if (!(await put(key, { IfNoneMatch: "*" }))) continue;
      mine = key;
      timer = setInterval(() => void put(key).catch(() => {}), RENEWED_MS).unref();
      return before(key);
    }
    return MOST;
  }

  /** How many live ones come before this; what killed ones left is removed. */
  async function before(key: string): Promise<number> {
    const Prefix = place.prefix + RUNS;
    const request = new ListObjectsV2Command({ Bucket: place.bucket, Prefix, EncodingType: "url" });
    const { Contents = [], EncodingType } = await place.client.send(request);
    const runs = Contents.map(({ Key = "", LastModified }) => ({
      key: decodeKey(Key, EncodingType).slice(place.prefix.length),
      renewed: LastModified?.getTime() ?? 0,
    }));
    const now = runs.find((run) => run.key === key)?.renewed ?? 0;
    const dead = runs.filter(({ renewed }) => now - renewed > LEASE_MS);
    for (const run of dead) await remove(run.key);
    return runs.filter((run) => run.key < key && !dead.includes(run)).length;
  }

  const remove = (key: string) => place.client.send(new DeleteObjectCommand(target(place, key)));

  return {
    turn() {
      taken ??= take().catch(() => 0);
      return taken;
    },
    claim: () => () => {},
    async close() {
      await taken;
      clearInterval(timer);
      if (mine !== undefined) await remove(mine).catch(() => {});
    },
  };
}
