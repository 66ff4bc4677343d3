import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createS3Storage } from "../../src/storage/s3.ts";
import { bytesOf, keysOf } from "../pipeline/lake.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import type { TestServer } from "../s3/setup.ts";
import { CLI, cli, command, folder, HEADER, ODD, ROW, tree } from "./run-cli.ts";

const LAYERS = ["bronze", "silver", "anomalies", "gold"];
const CASES = [
  "customer-example",
  "line-ends-and-quotes",
  "nab-rds-cpu",
  "refused-files",
  "rejects-stray-quote",
  "rejects-value-invalid",
];
/** Real batches; rejects, anomalies and files that are refused are among them. */
const FILES = CASES.flatMap((name) => {
  const dir = resolve("fixtures", name, "bronze");
  return fs.readdirSync(dir).map((file) => join(dir, file));
});

/** What a command printed, without what may differ: where the lake is, and how long it took. */
function comparable(stdout: string, lake: string): string {
  return stdout.replaceAll(JSON.stringify(lake), '"LAKE"').replaceAll(/"duration_ms":\d+/g, '"duration_ms":0');
}

async function treeOf(server: TestServer, bucket: string, prefix: string): Promise<Record<string, string>> {
  const client = connect(server);
  const storage = createS3Storage({ client, bucket, prefix });
  const found: Record<string, string> = {};
  for (const layer of LAYERS) {
    for (const key of await keysOf(storage, `${layer}/`))
      found[key] = (await bytesOf(storage, key))?.toString("latin1") ?? "";
  }
  client.destroy();
  return found;
}

for (const server of inject("s3Servers")) {
  describe.concurrent(`the command line over a bucket (${server.name})`, () => {
    const env = environmentOf(server);

    it("ingest, run and report do the same as over a directory, byte for byte", async ({ expect }) => {
      const client = connect(server);
      const bucket = await makeBucket(client);
      const cwd = folder();
      const lakes = [join(cwd, "lake"), `s3://${bucket}/some/where`];
      const steps = async (lake: string, drop: (key: string, content: string) => Promise<unknown>) => {
        const on = (...args: string[]) =>
          cli([...args, "--lake", lake, "--json"], { cwd, env: { ...env, VANTAGEFLOW_CONCURRENCY: "8" } });
        const ran = [await on("ingest", ...FILES), await on("ingest", FILES[0]), await on("run")];
        await drop("bronze/day=1/dropped ü+.csv", HEADER + ROW + ODD);
        await drop("silver/alone.csv", HEADER + ROW);
        ran.push(await on("run"), await on("run"), await on("run", "--reprocess", "day="), await on("report"));
        ran.push(await on("report", "--since", "24h"));
        return ran.map(({ code, stdout }) => ({ code, stdout: comparable(stdout, lake) }));
      };
      const local = await steps(lakes[0], async (key, content) => {
        fs.mkdirSync(join(lakes[0], key, ".."), { recursive: true });
        fs.writeFileSync(join(lakes[0], key), content);
      });
      const s3 = await steps(lakes[1], (key, content) => {
        return client.send(new PutObjectCommand({ Bucket: bucket, Key: `some/where/${key}`, Body: content }));
      });
      expect(s3).toEqual(local);
      expect(local.map(({ code }) => code)).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
      const trees = [tree(lakes[0]), await treeOf(server, bucket, "some/where/")];
      expect(trees[1]).toEqual(trees[0]);
      expect(Object.keys(trees[0]).length).toBeGreaterThan(40);
      client.destroy();
    });

    it("host names, dlq, doctor and a missing bucket work too, and Node's warnings are not the user's", async ({
      expect,
    }) => {
      const client = connect(server);
      const lake = `s3://${await makeBucket(client)}`;
      const named = { ...env, AWS_ENDPOINT_URL_S3: server.endpoint.replace("127.0.0.1", "localhost") };
      const cwd = folder({ "bad.csv": "nothing" });
      const ran = async (...args: string[]) => cli([...args, "--lake", lake], { cwd, env: named });
      expect((await ran("ingest", "bad.csv")).code).toBe(1);
      const list = await ran("dlq", "list");
      expect([list.code, list.stdout.split("\n").length, list.stderr]).toEqual([
        0,
        2,
        "Next: vantageflow dlq show ID\n",
      ]);
      expect((await ran("doctor")).stdout).toContain(`lake\tok\tcheck\t${lake} can be listed`);
      const missing = await cli(["run", "--lake", "s3://no-such-bucket-here"], { cwd, env: named });
      expect([missing.code, missing.stderr]).toEqual([
        1,
        expect.stringMatching(/^vantageflow: Cannot list .*there is no such bucket.*\n$/),
      ]);
      client.destroy();
    });
  });
}

describe("what a lake in a bucket costs", () => {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };

  it("requests per batch are those that docs/s3.md states", async () => {
    const server = await startS3Server(credentials);
    afterAll(() => server.close());
    const client = connect({ ...credentials, endpoint: server.endpoint });
    const lake = `s3://${await makeBucket(client)}`;
    client.destroy();
    const env = environmentOf({ ...credentials, name: "", endpoint: server.endpoint });
    const cwd = folder({ "a.csv": HEADER + ROW + ODD, "b.csv": `${HEADER}${ROW}x\n` });
    const counted = async (...args: string[]) => {
      const before = server.requests.length;
      expect((await cli([...args, "--lake", lake], { cwd, env })).code).toBe(0);
      const counts = { PUT: 0, LIST: 0, GET: 0, HEAD: 0, DELETE: 0 };
      for (const request of server.requests.slice(before)) {
        // Asked once per command of servers that are not Amazon's.
        if (request.endsWith(".vantageflow/conditions")) continue;
        const [method, what] = request.split(" ");
        counts[(what.startsWith("?") ? "LIST" : method) as keyof typeof counts]++;
      }
      return counts;
    };
    const rows: [string, Record<string, number>][] = [
      ["`ingest` of a batch", await counted("ingest", "a.csv")],
      ["`ingest` of a batch with rejects", await counted("ingest", "b.csv")],
      ["`ingest` of the same batch again", await counted("ingest", "a.csv")],
      ["`run` with nothing to do", await counted("run")],
      ["`report` over two batches", await counted("report")],
    ];
    const table = rows.map(([what, c]) => `| ${what} | ${c.PUT} | ${c.LIST} | ${c.GET} | ${c.HEAD} |`);
    const page = fs.readFileSync("docs/s3.md", "utf8");
    expect(table.filter((line) => !page.includes(line))).toEqual([]);
    expect(rows.map(([, { DELETE }]) => DELETE)).toEqual([0, 0, 0, 0, 0]);
  });

  it("a command over a directory never loads the AWS SDK", async () => {
    const cwd = folder({ "a.csv": HEADER + ROW });
    const trace = join(cwd, "loaded.txt");
    // A loader hook that notes every module.
    fs.writeFileSync(
      join(cwd, "hook.mjs"),
      `import fs from "node:fs";
export async function load(url, context, next) { fs.appendFileSync(${JSON.stringify(trace)}, url + "\\n"); return next(url, context); }
`,
    );
    fs.writeFileSync(
      join(cwd, "register.mjs"),
      `import { register } from "node:module"; register("./hook.mjs", import.meta.url);\n`,
    );
    const args = ["--import", join(cwd, "register.mjs"), CLI, "ingest", "a.csv"];
    expect((await command(process.execPath, args, { cwd })).code).toBe(0);
    const loaded = fs
      .readFileSync(trace, "utf8")
      .split("\n")
      .filter((url) => url.includes("/dist/"));
    expect(loaded.length).toBeGreaterThan(3);
    const withSdk = loaded.filter((url) => fs.readFileSync(new URL(url), "utf8").includes("AWS4-HMAC-SHA256"));
    expect(withSdk).toEqual([]);
    expect(
      fs
        .readdirSync(resolve("dist/chunks"))
        .filter((name) => fs.readFileSync(join("dist/chunks", name), "utf8").includes("AWS4-HMAC-SHA256")).length,
    ).toBeGreaterThan(0);
  });
});
