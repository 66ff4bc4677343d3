import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createS3Storage } from "../../src/storage/s3.ts";
import { bytesOf, keysOf, put } from "../pipeline/lake.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import type { TestServer } from "../s3/setup.ts";
import { BAD, CLI, cli, command, folder, HEADER, ODD, ROW, tree } from "./run-cli.ts";

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

/** The same without times and without what is made of tokens. */
function timeless(text: string, lake: string): string {
  return comparable(text, lake)
    .replaceAll(lake, "LAKE")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID");
}

/** Whether the server obeys conditions in this bucket: Ceph RGW 16 does not where versioning is on. */
async function obeysConditions(client: S3Client, Bucket: string): Promise<boolean> {
  const put = () =>
    client.send(new PutObjectCommand({ Bucket, Key: "probe", Body: Buffer.from("x"), IfNoneMatch: "*" }));
  await put();
  return put().then(
    () => false,
    () => true,
  );
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

    it("says what there is to do and to report, and what was refused, as over a directory", async ({ expect }) => {
      const client = connect(server);
      const bucket = await makeBucket(client);
      const cwd = folder({ "a.csv": HEADER + ROW + ODD, "bad.csv": "nothing", "b.csv": HEADER + ROW });
      const steps = async (lake: string) => {
        const on = (...args: string[]) => cli([...args, "--lake", lake], { cwd, env });
        const ran = [await on("ingest", "a.csv", "bad.csv", "--json"), await on("run", "--dry-run")];
        ran.push(await on("run", "--dry-run", "--reprocess", "--json"), await on("report", "--format", "csv"));
        ran.push(await on("dlq", "list"), await on("ingest", "b.csv", "--name", "a.csv", "--json"));
        return ran.map(({ code, stdout, stderr }) => ({
          code,
          stdout: timeless(stdout, lake),
          // A file of the lake is at hand in a directory only.
          stderr: timeless(stderr, lake).replace(/contract infer \S+\.$/gm, "contract infer FILE."),
        }));
      };
      const [local, s3] = [await steps("a-directory"), await steps(`s3://${bucket}/x`)];
      expect(s3).toEqual(local);
      expect(local.map(({ code }) => code)).toEqual([1, 0, 0, 0, 0, 1]);
      expect(await treeOf(server, bucket, "x/")).toEqual(tree(join(cwd, "a-directory")));
      for (const args of [
        ["expire", "--dry-run"],
        ["versions", "bronze/a.csv"],
        ["restore", "bronze/a.csv", "--at", "1h"],
      ]) {
        const { code, stderr } = await cli([...args, "--lake", `s3://${bucket}/x`], { cwd, env });
        expect([args, code, stderr]).toEqual([args, 1, expect.stringContaining("aws s3api put-bucket-versioning")]);
      }
      client.destroy();
    });

    it("in a versioned bucket overwritten batches come back and expire, or no byte is written to it", async ({
      expect,
    }) => {
      const client = connect(server);
      const bucket = await makeBucket(client, true);
      const cwd = folder({ "r.csv": HEADER + ROW + BAD, "next/r.csv": HEADER + ODD });
      const later = new Date(Date.now() + 40 * 86_400_000).toISOString();
      const steps = async (lake: string) => {
        const on = (...args: string[]) => cli([...args, "--lake", lake], { cwd, env });
        const codes = [(await on("ingest", "r.csv")).code, (await on("ingest", "next/r.csv", "--overwrite")).code];
        const { versions } = JSON.parse((await on("versions", "bronze/r.csv", "--json")).stdout);
        codes.push((await on("restore", "bronze/r.csv", "--version-id", versions[1].version_id)).code);
        codes.push((await on("run")).code);
        const expired = JSON.parse((await on("expire", "--dry-run", "--now", later, "--json")).stdout);
        const due = expired.removed.map(({ key, age_days }: { key: string; age_days: number }) => [key, age_days]);
        return {
          codes,
          versions: versions.map(({ current, size, deleted }: Record<string, unknown>) => [current, size, deleted]),
          due: due.filter(([key]: [string]) => !key.startsWith("logs/")),
          kept: expired.kept,
          // A bucket retains receipts and logs too.
          purged: expired.purged.filter(({ layer }: { layer: string }) => !["receipts", "logs"].includes(layer)).length,
        };
      };
      if (!(await obeysConditions(client, bucket))) {
        const { code, stderr } = await cli(["ingest", "r.csv", "--lake", `s3://${bucket}/v`], { cwd, env });
        expect([code, stderr]).toEqual([1, expect.stringContaining("the server ignores If-None-Match")]);
        expect(await treeOf(server, bucket, "v/")).toEqual({});
        client.destroy();
        return;
      }
      const [local, s3] = [await steps("lake"), await steps(`s3://${bucket}/v`)];
      expect(s3).toEqual(local);
      expect(local.codes).toEqual([0, 0, 0, 0]);
      const all = tree(join(cwd, "lake"));
      expect(all["bronze/r.csv"]).toBe(HEADER + ROW + BAD);
      expect(await treeOf(server, bucket, "v/")).toEqual(all);
      client.destroy();
    });

    it("a batch that has expired is whole again when it is restored and run, and shown as removed until then", async ({
      expect,
    }) => {
      const client = connect(server);
      const bucket = await makeBucket(client, true);
      const cwd = folder({ "r.csv": HEADER + ROW + ODD + BAD });
      const later = new Date(Date.now() + 70 * 86_400_000).toISOString();
      const steps = async (lake: string, treeNow: () => unknown) => {
        const on = (...args: string[]) => cli([...args, "--lake", lake], { cwd, env });
        const codes = [(await on("ingest", "r.csv")).code];
        const before = await treeNow();
        codes.push((await on("expire", "--now", later)).code);
        const expired = await treeNow();
        const { versions } = JSON.parse((await on("versions", "bronze/r.csv", "--json")).stdout);
        const states = (await on("versions", "bronze/r.csv")).stdout.trim().split("\n");
        codes.push((await on("restore", "bronze/r.csv", "--version-id", versions[1].version_id)).code);
        const ran = JSON.parse((await on("run", "--json")).stdout).batches;
        return {
          codes,
          before,
          expired,
          states: states.map((line) => line.split("\t").at(-1)),
          flags: versions.map(({ current, deleted }: Record<string, unknown>) => [current, deleted]),
          ran: ran.map(({ key, outcome }: Record<string, unknown>) => [key, outcome]),
          after: await treeNow(),
        };
      };
      if (await obeysConditions(client, bucket)) {
        const local = await steps("lake", () => tree(join(cwd, "lake")));
        const s3 = await steps(`s3://${bucket}/v`, () => treeOf(server, bucket, "v/"));
        expect(s3).toEqual(local);
        expect(Object.keys(local.expired as object)).toEqual(["gold/r.csv"]);
        expect(local.after).toEqual(local.before);
        expect([local.codes, local.states]).toEqual([
          [0, 0, 0],
          ["removed", "kept"],
        ]);
      }
      client.destroy();
    });

    it("backs up and restores in every direction, byte for byte, and diff tells two lakes apart", async ({
      expect,
    }) => {
      const client = connect(server);
      const [bucket, other] = [await makeBucket(client), await makeBucket(client)];
      const cwd = folder({ "r.csv": HEADER + ROW + BAD });
      const lakes = ["lake", `s3://${bucket}/deep/er`];
      const ran = (...args: string[]) => cli(args, { cwd, env });
      for (const lake of lakes) expect((await ran("ingest", "r.csv", "--lake", lake)).code).toBe(0);
      const all = tree(join(cwd, "lake"));

      // Directory to bucket, bucket to directory, and back with both.
      expect((await ran("backup", `s3://${other}/b`, "--lake", lakes[0])).code).toBe(0);
      expect((await ran("backup", "copy", "--lake", lakes[1])).code).toBe(0);
      expect((await ran("restore-from", `s3://${other}/b`, "--lake", "back")).code).toBe(0);
      expect((await ran("restore-from", "copy", "--lake", `s3://${other}/back`)).code).toBe(0);
      expect([tree(join(cwd, "copy")), tree(join(cwd, "back"))]).toEqual([all, all]);
      expect([await treeOf(server, other, "b/"), await treeOf(server, other, "back/")]).toEqual([all, all]);
      const again = await ran("backup", `s3://${other}/b`, "--lake", lakes[0], "--json");
      expect(JSON.parse(again.stdout)).toMatchObject({ copied: [], failed: [] });

      // Restored lakes are whole: nothing is processed again, and the two sides do not differ.
      for (const lake of ["back", `s3://${other}/back`]) {
        const { batches } = JSON.parse((await ran("run", "--lake", lake, "--json")).stdout);
        expect([lake, batches.filter(({ outcome }: { outcome: string }) => outcome !== "already_ingested")]).toEqual([
          lake,
          [],
        ]);
        const { code, stdout, stderr } = await ran("diff", lakes[0], lake);
        expect([code, stdout, stderr]).toEqual([0, "", `Objects: ${Object.keys(all).length} the same.\n`]);
      }
      await client.send(new PutObjectCommand({ Bucket: other, Key: "back/gold/r.csv", Body: "device_id\nFAB-2\n" }));
      const differs = await ran("diff", lakes[1], `s3://${other}/back`, "--json");
      expect([differs.code, JSON.parse(differs.stdout).different.map(({ key }: { key: string }) => key)]).toEqual([
        1,
        ["gold/r.csv"],
      ]);
      const none = await ran("diff", lakes[0], `s3://${other}/nowhere`);
      expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("there is no object in")]);
      client.destroy();
    });

    it("watch follows a bucket by listing it, and Ctrl-C ends it with 130", async ({ expect }) => {
      const client = connect(server);
      const bucket = await makeBucket(client);
      const lake = `s3://${bucket}/live`;
      const drop = (name: string, content: string) =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: `live/bronze/${name}`, Body: content }));
      await drop("before.csv", HEADER + ROW);
      const args = [CLI, "watch", "--interval", "0.5", "--lake", lake, "--json"];
      const child = spawn(process.execPath, args, { cwd: folder(), env: { ...process.env, ...env } });
      const closed = new Promise((done) => child.on("close", done));
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const until = async (key: string) => {
        while (!output.includes(`"key":"${key}","outcome":"done"`) && child.exitCode === null) await sleep(20);
      };
      await until("bronze/before.csv");
      await drop("live.csv", HEADER + ROW + ODD);
      await until("bronze/live.csv");
      const found = await treeOf(server, bucket, "live/");
      child.kill("SIGINT");
      expect(await closed).toBe(130);
      expect(found["gold/live.csv"]).toContain("FAB-1,2,32.25,20.5,44.0,1,50.0\n");
      expect(Object.keys(found).length).toBe(8);
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
        expect.stringMatching(
          `^Next: vantageflow dlq redrive --dry-run --lake ${lake}; .*: vantageflow dlq dismiss ID --lake ${lake}\n$`,
        ),
      ]);
      expect((await ran("doctor")).stdout).toContain(`lake\tok\tcheck\t${lake} can be listed`);
      const missing = await cli(["run", "--lake", "s3://no-such-bucket-here"], { cwd, env: named });
      expect([missing.code, missing.stderr]).toEqual([
        1,
        expect.stringMatching(/^vantageflow: Cannot list .*there is no such bucket.*\n$/),
      ]);
      client.destroy();
    });

    it("a failure is explained, rehearsed, redriven, dismissed and closed, and an event invokes a function", async ({
      expect,
    }) => {
      const client = connect(server);
      const bucket = await makeBucket(client);
      const cwd = folder({ "bad.csv": "nothing" });
      const ran = (args: string[], input?: string) =>
        cli([...args, "--lake", `s3://${bucket}`, "--json"], { cwd, env, ...(input === undefined ? {} : { input }) });
      const states = async () =>
        JSON.parse((await ran(["dlq", "list", "--all"])).stdout)
          .dead_letters.map(({ source, closed }: { source: string; closed: string | null }) => `${source} ${closed}`)
          .toSorted();
      await ran(["ingest", "bad.csv"]);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: "bronze/b.csv", Body: HEADER + ROW }));
      const event = (await ran(["generate-event", "s3-put", "--key", "bronze/b.csv"])).stdout;
      expect(JSON.parse(event).Records[0].s3).toMatchObject({ bucket: { name: bucket }, object: { size: 83 } });
      const invoked = await ran(["invoke", "bronzeToSilver", "--event", "-"], event);
      expect([invoked.code, JSON.parse(invoked.stdout).batches[0].outcome]).toEqual([0, "done"]);
      expect(JSON.parse((await ran(["explain", `s3://${bucket}/bronze/b.csv`])).stdout).next).toEqual({
        does: "run",
        function: "vantageflow-silver-to-gold",
      });
      const rehearsed = JSON.parse((await ran(["dlq", "redrive", "--dry-run"])).stdout).rehearsals;
      expect(rehearsed).toMatchObject([{ key: "bronze/bad.csv", outcome: "would_be_refused" }]);
      expect([(await ran(["dlq", "redrive"])).code, await states()]).toEqual([1, ["bronze/bad.csv null"]]);
      await ran(["dlq", "dismiss", "bronze/bad.csv"]);
      expect(await states()).toEqual(["bronze/bad.csv dismissed"]);
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
    const bucket = await makeBucket(client);
    const env = environmentOf({ ...credentials, name: "", endpoint: server.endpoint });
    const cwd = folder({ "a.csv": HEADER + ROW + ODD, "b.csv": `${HEADER}${ROW}x\n` });
    const countedIn = async (lake: string, ...args: string[]) => {
      const before = server.requests.length;
      expect((await cli([...args, "--lake", `s3://${bucket}/${lake}`], { cwd, env })).code).toBe(0);
      const counts = { PUT: 0, LIST: 0, GET: 0, HEAD: 0, DELETE: 0 };
      let isListed = false;
      for (const request of server.requests.slice(before)) {
        // Asked once per command of servers that are not Amazon's.
        if (request.endsWith(".vantageflow/conditions")) continue;
        const [method, what] = request.split(" ");
        // Contracts are listed once a second: on a busy machine a command takes several.
        if (what.startsWith("?") && what.includes("contracts") && isListed) continue;
        isListed ||= what.startsWith("?") && what.includes("contracts");
        counts[(what.startsWith("?") ? "LIST" : method) as keyof typeof counts]++;
      }
      return counts;
    };
    const counted = (...args: string[]) => countedIn("lake", ...args);
    /** More than are in flight at once, so that both runs take a turn, which is asked once. */
    const ofManyBatches = async (batches: number) => {
      const storage = createS3Storage({ client, bucket, prefix: `of-${batches}/` });
      for (let i = 0; i < batches; i++) await put(storage, `bronze/${i}.csv`, HEADER + ROW + ODD);
      return countedIn(`of-${batches}`, "run");
    };
    /** Of each of many batches of a run. */
    const countedOfEach = async () => {
      const [few, many] = [await ofManyBatches(18), await ofManyBatches(28)];
      const methods = Object.keys(few) as (keyof typeof few)[];
      const perBatch = methods.map((method) => [method, Math.round((many[method] - few[method]) / 10)]);
      return Object.fromEntries(perBatch);
    };
    const rows: [string, Record<string, number>][] = [
      ["`ingest` of a batch", await counted("ingest", "a.csv")],
      ["`ingest` of a batch with rejects", await counted("ingest", "b.csv")],
      ["`ingest` of the same batch again", await counted("ingest", "a.csv")],
      ["`run`, each of many batches", await countedOfEach()],
      ["`run` with nothing to do", await counted("run")],
      ["`report` over two batches", await counted("report")],
      ["`status` of two batches", await counted("status")],
      ["`ledger seal` of two batches", await counted("ledger", "seal")],
      ["`ledger seal` with nothing new", await counted("ledger", "seal")],
      ["`ledger verify` of two batches", await counted("ledger", "verify")],
    ];
    const table = rows.map(([what, c]) => `| ${what} | ${c.PUT} | ${c.LIST} | ${c.GET} | ${c.HEAD} |`);
    const page = fs.readFileSync("docs/s3.md", "utf8");
    expect(table.filter((line) => !page.includes(line))).toEqual([]);
    expect(rows.map(([, { DELETE }]) => DELETE)).toEqual(rows.map(() => 0));
    client.destroy();
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
