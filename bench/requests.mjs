/**
 * Counts the requests that one small batch takes of a bucket, beside those of another commit. `npm run build` first.
 *
 *   npm run bench:requests -- --before ../of-another-commit
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { build } from "esbuild";
import { measure } from "./measure.mjs";
import { benchmark, COMMON_HELP, optionsOf } from "./options.mjs";
import { table } from "./tables.mjs";

const HELP = `Usage: npm run bench:requests -- [options]

  --before DIR     another tree of this repository, built, to count beside this one
  --trace          prints each request, too
${COMMON_HELP}`;
const METHODS = ["PUT", "LIST", "GET", "HEAD", "DELETE"];
const CREDENTIALS = { accessKeyId: "bench", secretAccessKey: "bench-secret" };
const CSV =
  "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n2025-01-01T00:00:01Z,A,1,C,0.9\n";
/** Batches of the two runs whose difference is what one batch takes: more than are in flight, too few for threads. */
const [FEW, MANY] = [18, 38];
const HERE = resolve(import.meta.dirname, "..");

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const values = optionsOf({ before: { type: "string" }, trace: { type: "boolean", default: false } });

process.exitCode = await benchmark("bench-requests", values, HELP, async (work) => {
  const { startS3Server } = await bundled(HERE, work, "server", `export * from "./test/s3/server.ts";`);
  const server = await startS3Server(CREDENTIALS);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: "us-east-1",
  });
  const trees = [...(values.before === undefined ? [] : [["was", resolve(values.before)]]), ["is", HERE]];
  const rows = [];
  for (const [name, tree] of trees) rows.push(...(await countedIn(server, work, name, tree)));
  await server.close();
  rows.sort((a, b) => a[0].localeCompare(b[0]));
  const text = table(["one small batch", "", ...METHODS, "all"], rows);
  process.stdout.write(text);
  if (values.markdown) writeFileSync(values.markdown, text);
  return 0;
});

async function countedIn(server, work, name, tree) {
  const client = new S3Client({ endpoint: server.endpoint, credentials: CREDENTIALS, forcePathStyle: true });
  const bucket = `bucket-${name}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const land = (key) => client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: CSV }));
  const cli = (...args) => measure([process.execPath, join(tree, "dist/cli.js"), ...args, "--quiet"]);
  /** What was asked while something was done, but for what is asked once per command of servers that are not Amazon's. */
  const requestsOf = async (act) => {
    const before = server.requests.length;
    await act();
    return server.requests.slice(before).filter((request) => !request.endsWith("/conditions"));
  };
  const runOf = async (lake, batches) => {
    for (let i = 0; i < batches; i++) await land(`${lake}/bronze/b-${i}.csv`);
    return countsOf(await requestsOf(() => cli("run", `s3://${bucket}/${lake}`)));
  };

  const file = join(work, "batch.csv");
  writeFileSync(file, CSV);
  const rows = [];
  const add = (what, counts) => rows.push([what, name, ...counts.map(String), String(counts.reduce((a, b) => a + b))]);
  const traced = (what, requests) => {
    if (values.trace) process.stdout.write(`${what}, ${name}\n  ${requests.join("\n  ")}\n`);
    add(what, countsOf(requests));
  };

  traced("1 ingest", await requestsOf(() => cli("ingest", file, "--lake", `s3://${bucket}/ingest`)));
  const [few, many] = [await runOf("few", FEW), await runOf("many", MANY)];
  add(
    "2 run, each of many",
    many.map((count, i) => (count - few[i]) / (MANY - FEW)),
  );
  for (const [what, count] of [
    ["3 first batch of a function", 1],
    ["4 next batch of a function", 2],
  ]) {
    const requests = await functionsOf(tree, work, name, { bucket, land, requestsOf }, count);
    for (const [id, made] of Object.entries(requests)) traced(`${what}: ${id}`, made);
  }
  client.destroy();
  return rows;
}

/** What the functions ask of the last of so many batches, in one container. */
async function functionsOf(tree, work, name, { bucket, land, requestsOf }, batches) {
  const { createHandler, createS3Client, createS3Storage, DEFAULT_SETTINGS } = await bundled(
    tree,
    work,
    `functions-${name}`,
    `export * from "./src/functions/handler.ts";
     export * from "./src/storage/s3/client.ts";
     export * from "./src/storage/s3.ts";
     export * from "./src/pipeline/settings.ts";`,
  );
  const client = await createS3Client();
  const context = { settings: DEFAULT_SETTINGS, code: "bench", now: Date.now };
  const requests = {};
  for (const [id, prefix] of [
    ["bronzeToSilver", "bronze/"],
    ["silverToGold", "silver/"],
  ]) {
    const storage = createS3Storage({ client, bucket });
    const handler = createHandler({ ...context, storage, bucket, stage: "bench", log: () => {} }, id);
    for (let batch = 1; batch <= batches; batch++) {
      const key = `${prefix}of-${batches}-${batch}.csv`;
      if (id === "bronzeToSilver") await land(key);
      const object = await storage.head(key);
      requests[id] = await requestsOf(() => handler(eventOf(bucket, object)));
    }
  }
  client.destroy();
  return requests;
}

/** As much of S3's event for a new object as is looked at. */
function eventOf(bucket, { key, token, size }) {
  const s3 = { bucket: { name: bucket }, object: { key, size, eTag: token } };
  return { Records: [{ eventVersion: "2.1", eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3 }] };
}

function countsOf(requests) {
  const methodOf = (request) => request.replace("GET ?", "LIST ").split(" ")[0];
  return METHODS.map((method) => requests.filter((request) => methodOf(request) === method).length);
}

/** A module of a tree, which is TypeScript. */
async function bundled(tree, work, name, contents) {
  const outfile = join(work, `${name}.mjs`);
  const banner = { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` };
  const stdin = { contents, resolveDir: tree, loader: "ts" };
  await build({ stdin, outfile, bundle: true, platform: "node", format: "esm", banner, logLevel: "error" });
  return import(pathToFileURL(outfile).href);
}
