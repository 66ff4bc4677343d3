import { afterAll } from "vitest";
import { createS3Storage } from "../../src/storage/s3.ts";
import { connect, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import type { startFunction } from "./function.ts";

const close: (() => unknown)[] = [];
afterAll(async () => {
  for (const one of close.toReversed()) await one();
});

/** An empty lake in a bucket of a server of its own, until the tests of the file are through. */
export async function startBucketLake() {
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const s3 = await startS3Server(credentials);
  const server = { name: "S3 test server", endpoint: s3.endpoint, ...credentials };
  const client = connect(server);
  close.push(
    () => s3.close(),
    () => client.destroy(),
  );
  const bucket = await makeBucket(client);
  return { s3, server, lake: `s3://${bucket}`, storage: createS3Storage({ client, bucket }) };
}

/** What a function that the clock starts answers; all that is known where it failed. */
export async function answerOf({ invoke }: Pick<Awaited<ReturnType<typeof startFunction>>, "invoke">) {
  const answer = await invoke({});
  return "body" in answer ? answer.body : answer;
}
