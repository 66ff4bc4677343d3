import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, describe, expect, inject, it } from "vitest";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createS3Versions } from "../../src/storage/s3/versions.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { connect, makeBucket } from "../s3/client.ts";

const credentials = { accessKeyId: "a", secretAccessKey: "b" };
const amazon = new S3Client({ credentials, region: "eu-central-1" });
const mock = mockClient(amazon);
const storage = createS3Storage({ client: amazon, bucket: "plant", prefix: "lake/" });
afterAll(() => mock.restore());

function answer(name: string, status: number | undefined, more: object = {}): Error {
  const $metadata = status === undefined ? {} : { httpStatusCode: status };
  return Object.assign(new S3ServiceException({ name, message: name, $fault: "client", $metadata }), more);
}

const OPERATIONS: Record<string, [permission: string, use: (lake: LakeStorage) => Promise<unknown>]> = {
  read: ["s3:GetObject", (lake) => lake.read("bronze/b.csv")],
  head: ["s3:GetObject", (lake) => lake.head("bronze/b.csv")],
  write: ["s3:PutObject", (lake) => put(lake, "bronze/b.csv", "x")],
  remove: ["s3:DeleteObject", (lake) => lake.remove("bronze/b.csv")],
  list: ["s3:ListBucket", (lake) => keysOf(lake, "bronze/")],
};

/** What S3 answers, and what its user reads. */
const ANSWERS: [Error, RegExp][] = [
  [answer("NoSuchBucket", 404), /there is no such bucket\. .*aws s3 mb s3:\/\/plant/],
  [answer("SignatureDoesNotMatch", 403), /secret key.*AWS_SECRET_ACCESS_KEY/],
  [answer("InvalidAccessKeyId", 403), /access key.*AWS_ACCESS_KEY_ID/],
  [answer("ExpiredToken", 400), /expired.*aws sso login/],
  [
    answer("PermanentRedirect", 301, { $response: { headers: { "x-amz-bucket-region": "eu-west-1" } } }),
    /AWS_REGION=eu-west-1/,
  ],
  [answer("AuthorizationHeaderMalformed", 400, { Region: "eu-west-3" }), /AWS_REGION=eu-west-3/],
  [answer("PermanentRedirect", 301), /another region.*AWS_REGION/],
  [answer("RequestTimeTooSkewed", 403), /clock.*Set the clock/],
  [answer("SlowDown", 503), /too fast.*--concurrency/],
  [answer("InvalidObjectState", 403), /archived.*restore-object/],
  [answer("NewKindOfFault", 500), /the server failed \(NewKindOfFault, 500\)/],
  [Object.assign(new Error("no"), { name: "CredentialsProviderError" }), /no AWS credentials.*aws sso login/],
  [answer("TimeoutError", undefined), /did not answer in time/],
];

describe("errors of S3", () => {
  for (const [name, [permission, use]] of Object.entries(OPERATIONS)) {
    it(`${name}: denied access names bucket, key and the permission`, async () => {
      mock.reset();
      mock.onAnyCommand().rejects(answer("AccessDenied", 403));
      if (name === "remove") mock.on(HeadObjectCommand).resolves({ ETag: '"e"' });
      const error: Error = await use(storage).then(
        () => new Error("it worked"),
        (caught) => caught,
      );
      expect(error).toMatchObject({ code: "storage_failed" });
      expect(error.message).toMatch(
        new RegExp(`^Cannot \\w+ "lake/bronze/.*" in bucket "plant": .*${permission} is missing. Allow ${permission}`),
      );
    });
  }

  for (const [fault, text] of ANSWERS) {
    it(`${fault.message === "no" ? fault.name : fault.message}: says why and what to do, in every operation`, async () => {
      mock.reset();
      for (const Command of [GetObjectCommand, PutObjectCommand, DeleteObjectCommand, ListObjectsV2Command]) {
        mock.on(Command as typeof GetObjectCommand).rejects(fault);
      }
      // The answer to a HEAD has a status and nothing else.
      const status = (fault as Partial<S3ServiceException>).$metadata?.httpStatusCode;
      mock
        .on(HeadObjectCommand)
        .rejects(status === undefined || status >= 500 ? fault : answer("UnknownError", status === 404 ? 403 : status));
      for (const [, use] of Object.values(OPERATIONS)) {
        const error: Error = await use(storage).then(
          () => new Error("it worked"),
          (caught) => caught,
        );
        expect(error).toMatchObject({ code: "storage_failed", cause: expect.anything() });
        expect(error.message).toMatch(text);
        expect(error.message).toMatch(/^Cannot \w+ "lake\/bronze\/.*" in bucket "plant": .+\. .+\.$/);
      }
    });
  }

  it.each([409, 412])("a removal that lost a race (%i) is a conflict, to be looked at again", async (status) => {
    mock.reset();
    mock.on(HeadObjectCommand).resolves({ ETag: '"e"' });
    mock.on(DeleteObjectCommand, { IfMatch: '"e"' }).rejects(answer("ConditionalRequestConflict", status));
    await expect(storage.remove("bronze/b.csv", "e")).rejects.toMatchObject({ code: "conflict" });
  });

  it("a listing that is out of order is refused: a merge of two would lose objects", async () => {
    mock.reset();
    mock.on(ListObjectsV2Command).resolves({ Contents: [{ Key: "lake/b" }, { Key: "lake/a" }] });
    await expect(keysOf(storage)).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("order"),
    });
  });

  it("a listing that says there is more and not where is refused: a backup would lose objects, or never end", async () => {
    mock.reset();
    const refused = { code: "storage_failed", message: expect.stringContaining("says that there is more") };
    const [LastModified, Size] = [new Date(0), 1];
    mock.on(ListObjectsV2Command).resolves({ Contents: [{ Key: "lake/a" }], IsTruncated: true });
    await expect(keysOf(storage)).rejects.toMatchObject(refused);
    mock.on(GetBucketVersioningCommand).resolves({ Status: "Enabled" });
    const page = { Versions: [{ Key: "lake/a", VersionId: "1", LastModified, Size }], IsTruncated: true };
    mock.on(ListObjectVersionsCommand).resolvesOnce(page).rejects(new Error("asked again"));
    const versions = createS3Versions({ client: amazon, bucket: "plant", prefix: "lake/" });
    await expect(versions.versions("a")).rejects.toMatchObject(refused);
  });

  /** What a listing says of a server at this endpoint. */
  async function saidOf(endpoint: string): Promise<string> {
    const client = new S3Client({ credentials, region: "x", endpoint, forcePathStyle: true, maxAttempts: 1 });
    const error = await keysOf(createS3Storage({ client, bucket: "plant" })).catch((caught) => caught);
    client.destroy();
    expect(error).toMatchObject({ code: "storage_failed" });
    expect(error.message).toMatch(/^Cannot list bucket "plant": /);
    return error.message.replace(/^Cannot list bucket "plant": /, "");
  }

  async function listening<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
    await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(null)));
    const used = await use((server.address() as AddressInfo).port);
    await new Promise((closed) => server.close(closed));
    return used;
  }

  it("nothing listens, or no such host: says where, and which variable to look at", async () => {
    const port = await listening(createServer(), async (free) => free);
    const advice = "Start the server, or check AWS_ENDPOINT_URL_S3.";
    for (const host of ["127.0.0.1", "localhost"]) {
      expect(await saidOf(`http://${host}:${port}`)).toMatch(
        new RegExp(`^nothing listens at \\S+:${port} \\(ECONNREFUSED\\)\\. ${advice}$`),
      );
    }
    expect(await saidOf("http://no-such-host.invalid")).toMatch(
      /^there is no host no-such-host\.invalid \((ENOTFOUND|EAI_AGAIN)\)\. /,
    );
  });

  it("an endpoint that is no URL: says which variable to write, and how", async () => {
    for (const wrong of ["127.0.0.1:9000", "nonsense", "localhost:9000", "ftp://localhost"]) {
      expect(await saidOf(wrong), wrong).toBe(
        "the endpoint is no http:// or https:// URL. Write AWS_ENDPOINT_URL_S3 as in http://127.0.0.1:9000.",
      );
    }
  });

  it("a server without TLS, or with a certificate that nobody vouches for: says what to set", async () => {
    expect(await listening(createServer(), (port) => saidOf(`https://127.0.0.1:${port}`))).toBe(
      "the server cannot be spoken to over TLS (EPROTO). Where it has none, write AWS_ENDPOINT_URL_S3 with http://.",
    );
    mock.reset();
    for (const code of [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ]) {
      mock.on(ListObjectsV2Command).rejects(Object.assign(new Error("no"), { code }));
      await expect(keysOf(storage)).rejects.toThrow(`certificate (${code}). Set AWS_CA_BUNDLE to the file of`);
    }
    mock.on(ListObjectsV2Command).rejects(Object.assign(new Error("no"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }));
    await expect(keysOf(storage)).rejects.toThrow("certificate is for another host");
  });

  it("a server that is none of S3: says so, and which variable to look at", async () => {
    for (const [status, text] of [
      [404, "<!DOCTYPE HTML><html><head><meta></head></html>"],
      [404, ""],
      [200, "<html><meta></html>"],
    ] as const) {
      const server = createServer(
        (_, response) => void response.writeHead(status, { "content-type": "text/html" }).end(text),
      );
      expect(await listening(server, (port) => saidOf(`http://127.0.0.1:${port}`)), text).toMatch(
        /^the answer is none of an S3 server( \(404\))?\. Check AWS_ENDPOINT_URL_S3/,
      );
    }
  });

  for (const server of inject("s3Servers")) {
    it(`${server.name}: no such bucket, a wrong secret and an unknown key are told apart`, async () => {
      const wrong = [
        [connect(server), "no-such-bucket", "there is no such bucket"],
        [connect({ ...server, secretAccessKey: "wrong" }), await makeBucket(connect(server)), "SignatureDoesNotMatch"],
        [connect({ ...server, accessKeyId: "wrong" }), await makeBucket(connect(server)), "InvalidAccessKeyId"],
      ] as const;
      for (const [client, bucket, text] of wrong) {
        const lake = createS3Storage({ client, bucket });
        const failed = { code: "storage_failed", message: expect.stringContaining(text) };
        await expect(keysOf(lake)).rejects.toMatchObject(failed);
        await expect(put(lake, "a", "x")).rejects.toMatchObject(failed);
        if (text !== "there is no such bucket") await expect(lake.head("a")).rejects.toMatchObject(failed);
        client.destroy();
      }
    });
  }
});
