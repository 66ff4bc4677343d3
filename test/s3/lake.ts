import { onTestFinished } from "vitest";
import { createS3Storage } from "../../src/storage/s3.ts";
import { connect, makeBucket } from "./client.ts";
import { startS3Server } from "./server.ts";

/** A lake in a bucket of a server of its own, for as long as the test runs. */
export async function startBucketLake() {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const server = await startS3Server(credentials);
  const client = connect({ ...credentials, endpoint: server.endpoint });
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  const bucket = await makeBucket(client);
  return { server, client, bucket, storage: createS3Storage({ client, bucket }) };
}
