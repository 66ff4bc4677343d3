import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { createS3Client } from "../../src/storage/s3/client.ts";

it("a bucket of another region than the shell's is asked there, so that one command takes lakes of two regions", async () => {
  const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
  const before = names.map((name) => process.env[name]);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" });
  const client = await createS3Client();
  const asked: string[] = [];
  client.config.requestHandler.handle = async (request: { hostname: string }) => {
    asked.push(request.hostname);
    const isThere = request.hostname.includes("us-west-2");
    const headers = isThere ? { etag: '"x"', "content-length": "0" } : { "x-amz-bucket-region": "us-west-2" };
    return { response: { statusCode: isThere ? 200 : 301, headers } } as never;
  };
  try {
    await client.send(new HeadObjectCommand({ Bucket: "plant", Key: "bronze/a.csv" }));
  } finally {
    client.destroy();
    for (const [i, name] of names.entries()) {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    }
  }
  expect(asked).toEqual([
    expect.stringMatching(/^plant\.s3(\.us-east-1)?\.amazonaws/),
    "plant.s3.us-west-2.amazonaws.com",
  ]);
});
