import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, describe, inject, it } from "vitest";
import { run } from "../../src/engine/run.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { keysOf, put, textOf } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";

/**
 * The S3 row of the fault matrix. A mock of the SDK lets one write go wrong, as S3 lets it, and passes everything
 * else on to the server.
 */

const [server] = inject("s3Servers");
const real = connect(server);
const client = connect(server);
const bucket = await makeBucket(real);
const mock = mockClient(client);
afterAll(() => {
  mock.restore();
  for (const one of [real, client]) one.destroy();
});

const BEFORE =
  "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,FAB-1,20.5,C,0.1\n2025-01-01T00:00:05Z,FAB-1,44,C,0.9\nx\n";
const AFTER = `${BEFORE}2025-01-01T00:01:00Z,FAB-2,21,C,0.2\n2025-01-01T00:01:05Z,FAB-2,45,C,0.95\ny\n`;

const WRITES = {
  silver: "silver/b.csv",
  anomalies: "anomalies/b.csv",
  rejects: "anomalies/b.rejects.csv",
  gold: "gold/b.csv",
};

function failure(name: string, httpStatusCode?: number): Error {
  const $metadata = httpStatusCode === undefined ? {} : { httpStatusCode };
  return new S3ServiceException({ name, message: name, $fault: "server", $metadata });
}

const pass = (input: PutObjectCommandInput) => real.send(new PutObjectCommand(input));

/** What happens to a write instead of going through. */
const FAULTS: Record<string, (input: PutObjectCommandInput) => Promise<unknown>> = {
  "500": () => Promise.reject(failure("InternalError", 500)),
  "503": () => Promise.reject(failure("SlowDown", 503)),
  "time-out after commit": async (input) => {
    await pass(input);
    throw failure("TimeoutError");
  },
  "412, and it is our own write": async (input) => {
    await pass(input);
    throw failure("PreconditionFailed", 412);
  },
  "412, and it is another's write": async (input) => {
    await real.send(new PutObjectCommand({ Bucket: bucket, Key: input.Key, Body: "another's" }));
    return pass(input);
  },
  "409": () => Promise.reject(failure("ConditionalRequestConflict", 409)),
  "404, the object vanished": async (input) => {
    await real.send(new DeleteObjectCommand({ Bucket: bucket, Key: input.Key }));
    throw failure("NoSuchKey", 404);
  },
  "short body": () => Promise.reject(failure("IncompleteBody", 400)),
  "bad checksum": () => Promise.reject(failure("BadDigest", 400)),
};

type Fault = (input: PutObjectCommandInput) => Promise<unknown>;

/** By the whole key of the write that is to go wrong. */
const pending = new Map<string, Fault>();
mock.on(PutObjectCommand).callsFake((input: PutObjectCommandInput) => {
  const fault = pending.get(input.Key ?? "");
  pending.delete(input.Key ?? "");
  return fault === undefined ? pass(input) : fault(input);
});
mock.on(GetObjectCommand).callsFake((input) => real.send(new GetObjectCommand(input)));
mock.on(HeadObjectCommand).callsFake((input) => real.send(new HeadObjectCommand(input)));
mock.on(ListObjectsV2Command).callsFake((input) => real.send(new ListObjectsV2Command(input)));
mock.on(DeleteObjectCommand).callsFake((input) => real.send(new DeleteObjectCommand(input)));

function contextOf(storage: LakeStorage): ProcessContext {
  return { storage, settings: DEFAULT_SETTINGS, code: "test", now: () => 0 };
}

/** A lake whose batch was processed and then replaced: every output of the next run replaces one. */
async function makeLake(name: string): Promise<LakeStorage> {
  const storage = createS3Storage({ client, bucket, prefix: `${name}/` });
  await put(storage, "bronze/b.csv", BEFORE);
  await run(contextOf(storage), { concurrency: 1 });
  await put(storage, "bronze/b.csv", AFTER);
  return storage;
}

async function treeOf(storage: LakeStorage): Promise<Record<string, string | null>> {
  const tree: Record<string, string | null> = {};
  for (const key of await keysOf(storage))
    tree[key] = key.startsWith("receipts/") ? "receipt" : await textOf(storage, key);
  return tree;
}

const undisturbed = await makeLake("undisturbed");
await run(contextOf(undisturbed), { concurrency: 1 });
const expected = await treeOf(undisturbed);

describe.concurrent("a write to S3 that goes wrong: the run ends with the very tree of one that nothing disturbed", () => {
  let cases = 0;
  afterAll(() => void process.stdout.write(`S3 fault matrix: ${cases} cases on ${server.name}\n`));

  it("the undisturbed run writes all four, and two receipts", ({ expect }) => {
    const receipts = Object.keys(expected).filter((key) => key.startsWith("receipts/"));
    expect([Object.keys(expected).length, receipts.length]).toEqual([7, 2]);
    for (const key of Object.values(WRITES)) expect(expected[key], key).toContain("\n");
  });

  for (const [fault, injected] of Object.entries(FAULTS)) {
    for (const [output, key] of Object.entries(WRITES)) {
      it(`${fault}: ${output}`, async ({ expect }) => {
        const name = `case-${++cases}`;
        const storage = await makeLake(name);
        pending.set(`${name}/${key}`, injected);
        const results = await run(contextOf(storage), { concurrency: 1 });
        expect(pending.has(`${name}/${key}`), "the fault was injected").toBe(false);
        expect(results.map(({ outcome, error }) => ({ outcome, error }))).toEqual([{ outcome: "done", error: null }]);
        expect(await treeOf(storage)).toEqual(expected);
        expect(await run(contextOf(storage), { concurrency: 1 })).toEqual([]);
      });
    }
  }
});
