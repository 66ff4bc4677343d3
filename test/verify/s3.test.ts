import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, expect, it } from "vitest";
import { keptSha256Of } from "../../src/storage/s3/head.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { BAD, cli, folder, HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { put } from "../pipeline/lake.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";

const credentials = { accessKeyId: "test", secretAccessKey: "secret" };
const server = await startS3Server(credentials);
afterAll(() => server.close());
const access = { name: "S3 test server", endpoint: server.endpoint, ...credentials };
const client = connect(access);
const env = environmentOf(access);

it("verify holds a bucket against its receipts: by the checksums that S3 keeps, else by the bytes; and mends it", async () => {
  const Bucket = await makeBucket(client, true);
  const storage = createS3Storage({ client, bucket: Bucket });
  const cwd = folder();
  const lake = `s3://${Bucket}`;
  const verify = async (...args: string[]) => {
    server.requests.length = 0;
    const ran = await cli(["verify", lake, "--json", ...args], { cwd, env });
    const { findings, counts, ...document } = JSON.parse(ran.stdout);
    const states = Object.fromEntries(findings.map((one: { key: string; state: string }) => [one.key, one.state]));
    return { code: ran.code, states, counts, document };
  };
  const read = () => server.requests.filter((request) => /^GET (bronze|silver|anomalies|gold)\//.test(request));
  for (const name of ["a", "b", "c"]) await put(storage, `bronze/${name}.csv`, HEADER + ROW + ODD + BAD);
  await cli(["run", lake], { cwd, env });
  expect(await verify()).toMatchObject({ code: 0, counts: { intact: 15 }, states: {} });
  expect(read().filter((request) => !request.startsWith("GET bronze/"))).toEqual([]);

  // The digest that a writer once claimed goes along with other bytes; that of S3 does not.
  const silver = await client.send(new GetObjectCommand({ Bucket, Key: "silver/b.csv" }));
  const bytes = Buffer.from((await silver.Body?.transformToByteArray()) ?? []);
  bytes[bytes.length - 3] ^= 1;
  await client.send(new PutObjectCommand({ Bucket, Key: "silver/b.csv", Body: bytes, Metadata: silver.Metadata }));
  // The same bytes without a checksum of S3's are read.
  const gold = await client.send(new GetObjectCommand({ Bucket, Key: "gold/b.csv" }));
  const Body = Buffer.from((await gold.Body?.transformToByteArray()) ?? []);
  await client.send(new PutObjectCommand({ Bucket, Key: "gold/b.csv", Body }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: "gold/c.csv" }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: "bronze/a.csv" }));
  const orphans = ["silver/a.csv", "anomalies/a.csv", "anomalies/a.rejects.csv", "gold/a.csv"];
  const orphaned = Object.fromEntries(orphans.map((key) => [key, "orphaned"]));
  expect(await verify()).toMatchObject({
    code: 1,
    states: { ...orphaned, "silver/b.csv": "changed", "gold/c.csv": "missing" },
    counts: { intact: 8, orphaned: 4, changed: 1, missing: 1 },
  });
  expect(read()).toContain("GET gold/b.csv");
  const { code, counts, document } = await verify("--fix", "--yes");
  expect([code, counts.intact, document.remade, document.removed.toSorted()]).toEqual([
    ...[0, 10, ["bronze/b.csv", "bronze/c.csv"], orphans.toSorted()],
  ]);
  const status = JSON.parse((await cli(["status", lake, "--json"], { cwd, env })).stdout);
  expect(status.verified.counts).toMatchObject({ intact: 10, changed: 0 });
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "silver/b.csv", ChecksumMode: "ENABLED" }));
  expect(keptSha256Of(head)).toMatch(/^[0-9a-f]{64}$/);
}, 60_000);

it("a checksum of an upload in parts is none of its bytes", () => {
  const ChecksumSHA256 = Buffer.alloc(32).toString("base64");
  expect(keptSha256Of({ ChecksumSHA256 })).toBe("0".repeat(64));
  expect(keptSha256Of({ ChecksumSHA256, ChecksumType: "COMPOSITE" })).toBeNull();
  for (const given of [`${ChecksumSHA256}-2`, "", undefined]) {
    expect(keptSha256Of({ ...(given === undefined ? {} : { ChecksumSHA256: given }) })).toBeNull();
  }
});
