import { afterAll, afterEach } from "vitest";
import { connect, makeBucket } from "./client.ts";
import { startS3Server } from "./server.ts";

/** A server of our own with a bucket, for the tests of one file: each begins on a healthy one, and it ends with the last. */
export async function startOwnBucket() {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const server = await startS3Server(credentials);
  const client = connect({ ...credentials, endpoint: server.endpoint });
  const bucket = await makeBucket(client);
  afterAll(async () => {
    client.destroy();
    await server.close();
  });
  afterEach(() => {
    server.interfere = () => "none";
    server.quirks.clear();
  });
  return { credentials, server, client, bucket };
}
