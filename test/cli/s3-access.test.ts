import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startTls, type TlsFront } from "../s3/tls.ts";
import { cli, folder, HEADER, ROW } from "./run-cli.ts";

const SECRET = "a-secret-that-nobody-may-see";
/** Nothing of the machine that runs the tests. */
const NOTHING = {
  AWS_CA_BUNDLE: undefined,
  NODE_EXTRA_CA_CERTS: undefined,
  AWS_ENDPOINT_URL: undefined,
  AWS_ENDPOINT_URL_S3: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_REGION: undefined,
  AWS_PROFILE: undefined,
  AWS_EC2_METADATA_DISABLED: "true",
};

for (const server of inject("s3Servers").slice(0, 1)) {
  describe(`a bucket behind TLS with an authority of its own (${server.name})`, () => {
    let front: TlsFront;
    let bucket: string;

    beforeAll(async () => {
      front = await startTls(server.endpoint);
      const client = connect(server);
      bucket = await makeBucket(client);
      client.destroy();
    });
    afterAll(() => front.close());

    let batches = 0;
    /** Lands a new batch; what became of it. */
    async function ingest(env: Record<string, string>, rows = ROW) {
      const name = `b${++batches}.csv`;
      const cwd = folder({ [name]: HEADER + rows });
      const all = { ...NOTHING, ...environmentOf(server), AWS_ENDPOINT_URL_S3: front.endpoint, ...env };
      return cli(["ingest", name, "--lake", `s3://${bucket}`], { cwd, env: all });
    }

    it("is refused where nobody trusts that authority, and the message says what to set", async () => {
      const { code, stderr } = await ingest({});
      expect([code, stderr]).toEqual([1, expect.stringContaining("Set AWS_CA_BUNDLE to the file of the authority's")]);
    });

    it("is used with AWS_CA_BUNDLE, with NODE_EXTRA_CA_CERTS, and with both", async () => {
      const { authority, stranger } = front;
      expect((await ingest({ AWS_CA_BUNDLE: authority })).code).toBe(0);
      expect((await ingest({ NODE_EXTRA_CA_CERTS: authority })).code).toBe(0);
      expect((await ingest({ AWS_CA_BUNDLE: stranger, NODE_EXTRA_CA_CERTS: authority })).code).toBe(0);
      expect((await ingest({ AWS_CA_BUNDLE: authority, NODE_EXTRA_CA_CERTS: join(bucket, "nothing") })).code).toBe(0);
    });

    it("is used for a large batch too, whose parts wait for no 100 Continue on connections of their own", async () => {
      const rows = ROW.repeat(Math.ceil((6 * 1024 * 1024) / ROW.length));
      const { code, stderr } = await ingest({ AWS_CA_BUNDLE: front.authority }, rows);
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("Cannot")]);
      expect(front.sent()).toContain(ROW);
      expect(front.sent()).not.toMatch(/\r\nexpect:/i);
    });

    it("is refused with a bundle of somebody else: the bundle says who is trusted", async () => {
      const { code, stderr } = await ingest({ AWS_CA_BUNDLE: front.stranger });
      expect([code, stderr]).toEqual([1, expect.stringContaining("nobody whom this machine trusts has signed")]);
    });

    it("a bundle that cannot be used is said to be, before anything is asked", async () => {
      const dir = folder({ "empty.pem": "", "der.pem": Buffer.from([0x30, 0x82]) });
      const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
      writeFileSync(join(dir, "broken.pem"), broken);
      for (const [file, why] of [
        ["missing.pem", "no such file"],
        ["", "illegal operation on a directory"],
        ["empty.pem", "there is no certificate in it"],
        ["der.pem", "there is no certificate in it"],
        ["broken.pem", "certificate 1 in it cannot be read"],
      ]) {
        const { code, stderr } = await ingest({ AWS_CA_BUNDLE: join(dir, file) });
        expect([file, code === 0, stderr]).toEqual([file, false, expect.stringContaining("Cannot use AWS_CA_BUNDLE")]);
        expect(stderr).toContain(why);
        expect(stderr).toContain("Set it to a file of the authorities' certificates (PEM), or unset it.");
      }
    });

    it("doctor says how the bucket is asked and as whom, and no secret", async () => {
      const env = {
        ...NOTHING,
        ...environmentOf(server),
        AWS_ENDPOINT_URL_S3: front.endpoint,
        AWS_REGION: "eu-north-1",
      };
      const call = { cwd: folder(), env: { ...env, AWS_CA_BUNDLE: front.authority } };
      const { code, stdout } = await cli(["doctor", "--json", "--lake", `s3://${bucket}`], call);
      expect(code).toBe(0);
      expect(JSON.parse(stdout).bucket).toEqual({
        endpoint: front.endpoint,
        region: "eu-north-1",
        credentials: "environment (AWS_ACCESS_KEY_ID)",
        ca_bundle: front.authority,
      });
      const table = (await cli(["doctor", "--lake", `s3://${bucket}`], call)).stdout;
      expect(table).toContain("\nregion\teu-north-1\tenvironment (AWS_REGION)\t");
      expect(stdout + table).not.toContain(server.secretAccessKey);
    });
  });
}

describe("doctor, of a bucket", () => {
  const config = `[profile keys]
region = eu-west-1
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = ${SECRET}
endpoint_url = http://127.0.0.1:9
[profile process]
region = eu-west-2
credential_process = cat credentials.json
endpoint_url = http://127.0.0.1:9/
`;
  const answer = JSON.stringify({ Version: 1, AccessKeyId: "AKIDEXAMPLE", SecretAccessKey: SECRET });

  it.each([
    ["keys", { endpoint: "http://127.0.0.1:9", region: "eu-west-1", credentials: "profile keys" }],
    [
      "process",
      { endpoint: "http://127.0.0.1:9", region: "eu-west-2", credentials: "credential_process of profile process" },
    ],
    ["nobody", { endpoint: null, region: "us-east-1", credentials: null }],
  ])("profile %s: says where the credentials come from", async (AWS_PROFILE, expected) => {
    const cwd = folder({ config, "credentials.json": answer, none: "" });
    const files = { AWS_CONFIG_FILE: join(cwd, "config"), AWS_SHARED_CREDENTIALS_FILE: join(cwd, "none") };
    const env = { ...NOTHING, ...files, AWS_PROFILE };
    const { stdout, stderr } = await cli(["doctor", "--json", "--lake", "s3://no-such-bucket-of-vantageflow"], {
      cwd,
      env,
    });
    expect(JSON.parse(stdout).bucket).toEqual({ ...expected, ca_bundle: null });
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it("of a directory, it says nothing of that", async () => {
    const { stdout } = await cli(["doctor", "--json"], {
      cwd: folder(),
      env: { ...NOTHING, AWS_CA_BUNDLE: "/nowhere" },
    });
    expect(JSON.parse(stdout)).not.toHaveProperty("bucket");
    expect(JSON.parse(stdout).checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true);
  });
});
