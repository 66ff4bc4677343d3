// Sends a few known batches through a deployed lake and holds what comes out against what this laptop, or runner, makes of them: the
// test after a deployment. Exit 0: the same, byte for byte; 1: not, or not in time. What it has uploaded it removes again.
// node scripts/canary.mjs s3://BUCKET[/PREFIX] [--seconds 180] [--keep]
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { createLocalStorage, openStorage, topology } from "../dist/index.js";

const BATCHES = "fixtures/deploy-canary/bronze/canary";
const OUTPUTS = ["silver/", "anomalies/", "gold/"];
const POLL_MS = 500;
/** That of the deployed functions, whatever the settings of this machine are. */
const THRESHOLD = topology.functions.bronzeToSilver.environment.ANOMALY_THRESHOLD;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "180" }, keep: { type: "boolean", default: false } },
});
const [lake] = positionals;
const seconds = Number(values.seconds);
if (lake === undefined || positionals.length > 1 || !(seconds > 0)) {
  console.error("Usage: node scripts/canary.mjs s3://BUCKET[/PREFIX] [--seconds 180] [--keep]");
  process.exit(2);
}

// Its own folder each time: a gold that is there can only be what the deployed functions made just now.
const run = `canary/${new Date().toISOString().replace(/[-:]|\.\d+/g, "")}-${randomBytes(4).toString("hex")}/`;
const home = mkdtempSync(join(tmpdir(), "vantageflow-canary-"));
const here = join(home, "lake");
const deployed = openStorage(lake);
let isUploaded = false;
const tested = await tried(test);
const removed = isUploaded && !values.keep ? await tried(removeRun) : 0;
process.exitCode = Math.max(tested, removed);
await deployed.close?.();
rmSync(home, { recursive: true, force: true });

/** The exit code of some work; 1 where it throws, and why. */
async function tried(work) {
  try {
    return (await work()) ?? 0;
  } catch (error) {
    return say(1, error.message);
  }
}

async function test() {
  mkdirSync(here);
  cpSync(BATCHES, join(here, "bronze", run), { recursive: true });
  // A contract may claim them as it may any batch; then it is what is tested.
  for await (const { key } of deployed.list("contracts/")) await download(key);
  if (vantageflow("run", here, "--anomaly-threshold", THRESHOLD) !== 0)
    return say(1, "The batches do not run here: the deployed lake was not touched.");
  const local = createLocalStorage({ root: here });
  const bronze = await keysOf(local, `bronze/${run}`);
  for (const key of bronze) await upload(key);
  const wanted = (await Promise.all(OUTPUTS.map((layer) => keysOf(local, layer + run)))).flat();
  const begun = performance.now();
  const missing = await waitFor(wanted, begun + seconds * 1000);
  if (missing.length > 0) {
    for (const key of bronze) vantageflow("explain", key, "--lake", lake);
    return say(1, `After ${seconds} seconds there is no ${missing.join(", no ")} in ${lake}.`);
  }
  const waited = ((performance.now() - begun) / 1000).toFixed(1);
  if (vantageflow("diff", here, lake, "--prefix", run) !== 0)
    return say(1, `${lake} makes other bytes than this commit.`);
  return say(0, `${bronze.length} batches came out of ${lake} as they do here, ${waited} seconds after they went in.`);
}

async function upload(key) {
  isUploaded = true;
  const writer = await deployed.create(key);
  await writer.write(readFileSync(join(here, key)));
  await writer.commit();
}

async function download(key) {
  const reader = await deployed.read(key);
  const bytes = Buffer.alloc(reader.head.size);
  for (let at = 0; at < bytes.length; ) at += await reader.pull(bytes.subarray(at));
  await reader.close();
  mkdirSync(dirname(join(here, key)), { recursive: true });
  writeFileSync(join(here, key), bytes);
}

/** Those that are still missing at the end. */
async function waitFor(keys, end) {
  let missing = keys;
  while (missing.length > 0 && performance.now() < end) {
    const heads = await Promise.all(missing.map((key) => deployed.head(key)));
    missing = missing.filter((_, at) => heads[at] === null);
    if (missing.length > 0) await new Promise((next) => setTimeout(next, POLL_MS));
  }
  return missing;
}

/** Bronze first, so that nothing of it is made again. */
async function removeRun() {
  const receipts = Object.values(topology.functions).map(({ name }) => `receipts/${name}/`);
  for (const prefix of ["bronze/", ...OUTPUTS, ...receipts]) {
    for (const key of await keysOf(deployed, prefix + run)) await deployed.remove(key);
  }
}

async function keysOf(storage, prefix) {
  const keys = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}

function vantageflow(...args) {
  return spawnSync(process.execPath, [join(dirname(import.meta.dirname), "dist/cli.js"), ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  }).status;
}

function say(code, sentence) {
  console[code === 0 ? "log" : "error"](sentence);
  return code;
}
