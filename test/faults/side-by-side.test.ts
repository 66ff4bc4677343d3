import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { createS3Storage } from "../../src/storage/s3.ts";
import { CLI, cli, folder, HEADER, type Ran, ROW } from "../cli/run-cli.ts";
import { put } from "../pipeline/lake.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { cleanRun, type Files, faulty, GOOD, ledgerProblems, leftovers, REFUSED, stateOf, writeFile } from "./lakes.ts";
import { startWatch } from "./watching.ts";

const [MANY, IN_BUCKET] = [120, 60];
/** In flight at once, of each process. */
const CONCURRENCY = 8;

const FILES: Files = Object.fromEntries(Array.from({ length: MANY }, (_, n) => [`bronze/${n}.csv`, GOOD]));

function lakeOf(files: Files): { cwd: string; lake: string } {
  const cwd = folder();
  const lake = join(cwd, "lake");
  for (const [key, content] of Object.entries(files)) writeFile(lake, key, content);
  return { cwd, lake };
}

interface Batch {
  readonly key: string;
  readonly outcome: string;
}

const batchesOf = ({ stdout }: Ran): Batch[] => (JSON.parse(stdout) as { batches: Batch[] }).batches;
const outcomesOf = (ran: Ran) => batchesOf(ran).map(({ outcome }) => outcome);
const count = (outcomes: readonly string[], wanted: string) => outcomes.filter((one) => one === wanted).length;

function runOf(cwd: string, env: Record<string, string> = {}, ...flags: string[]): Promise<Ran> {
  return cli(["run", "--lake", "lake", "--json", "--concurrency", String(CONCURRENCY), ...flags], { cwd, env });
}

async function expectCleanly(lake: string, files: Files): Promise<void> {
  const storage = createLocalStorage({ root: lake });
  const [state, clean] = [await stateOf(storage), await cleanRun(files)];
  expect(state).toEqual(clean);
  expect(await ledgerProblems(storage)).toEqual([]);
  expect(await leftovers(lake)).toEqual([]);
}

/** Settles when a file is there. */
async function appears(path: string): Promise<void> {
  await expect.poll(() => fs.existsSync(path)).toBe(true);
}

/** A run that takes its time, and can be killed, stopped or let go on. */
function slowRun(cwd: string, lake: string): { child: ChildProcess; ended: Promise<Ran> } {
  const args = [CLI, "run", "--lake", "lake", "--json", "--concurrency", "1"];
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...faulty({ lake, slow: 20 }) } });
  const ended = new Promise<Ran>((resolve) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => (stderr += text));
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

const claims = (lake: string) =>
  fs.readdirSync(join(lake, ".vantageflow/locks")).filter((name) => name.startsWith("batch-"));

describe("contract 12: two at once share the work", () => {
  it("runs over one directory do each batch once, and both tell of all of them", async () => {
    const files = { ...FILES, "bronze/bad.csv": REFUSED };
    const { cwd, lake } = lakeOf(files);
    const ran = await Promise.all([runOf(cwd), runOf(cwd)]);
    const outcomes = ran.map(outcomesOf);
    expect(count(outcomes.flat(), "done")).toBe(MANY);
    // Whoever was at a batch second tells of it as of one that was done before, and of a file that is refused as of that.
    for (const { code } of ran) expect(code).toBe(1);
    for (const one of ran) expect(new Set(batchesOf(one).map(({ key }) => key)).size).toBe(batchesOf(one).length);
    await expectCleanly(lake, files);
  });

  it("a large batch is done once", async () => {
    const files = { "bronze/large.csv": HEADER + ROW.repeat(400_000) };
    const { cwd, lake } = lakeOf(files);
    const ran = await Promise.all([runOf(cwd), runOf(cwd)]);
    const outcomes = ran.flatMap(outcomesOf);
    // The second one may have come when there was nothing left to do.
    expect(outcomes.filter((outcome) => outcome !== "already_ingested")).toEqual(["done"]);
    await expectCleanly(lake, files);
  });

  it("what a killed run had begun counts for nothing: the other finishes all", async () => {
    const files = Object.fromEntries(Object.entries(FILES).slice(0, 20));
    const { cwd, lake } = lakeOf(files);
    const { child, ended } = slowRun(cwd, lake);
    await appears(join(lake, "gold/1.csv"));
    await expect.poll(() => claims(lake).length, { interval: 1 }).toBe(1);
    child.kill("SIGKILL");
    await ended;
    const other = await runOf(cwd);
    expect([other.code, count(outcomesOf(other), "done") > 0]).toEqual([0, true]);
    await expectCleanly(lake, files);
  });

  it("a run that is stopped in the middle of a batch is not waited for", async () => {
    const { cwd, lake } = lakeOf({ "bronze/1.csv": GOOD });
    const { child, ended } = slowRun(cwd, lake);
    await appears(join(lake, ".vantageflow/locks"));
    await expect.poll(() => claims(lake).length, { interval: 1 }).toBe(1);
    child.kill("SIGSTOP");
    expect(outcomesOf(await runOf(cwd))).toEqual(["done"]);
    child.kill("SIGCONT");
    expect((await ended).code).toBe(0);
    await expectCleanly(lake, { "bronze/1.csv": GOOD });
  });

  it("a forced run waits for whoever is at a batch, and does its own then", async () => {
    const files = Object.fromEntries(Object.entries(FILES).slice(0, 20));
    const { cwd, lake } = lakeOf(files);
    const ran = await Promise.all([runOf(cwd, {}, "--reprocess"), runOf(cwd, {}, "--reprocess")]);
    expect(ran.map(outcomesOf)).toEqual([Array(20).fill("done"), Array(20).fill("done")]);
    await expectCleanly(lake, files);
  });

  it("a watch and a run do each batch once, and so do a watch and an ingest", async () => {
    const { cwd, lake } = lakeOf(FILES);
    const names = Array.from({ length: 40 }, (_, n) => `up-${n}.csv`);
    for (const name of names) fs.writeFileSync(join(cwd, name), GOOD);
    const [watch, ran] = await Promise.all([startWatch(cwd, ["--interval", "1"]), runOf(cwd)]);
    const ingested = await cli(["ingest", ...names, "--json"], { cwd });
    const told = () => watch.lines.filter(({ type }) => type === "batch");
    const others = [...outcomesOf(ran), ...outcomesOf(ingested)];
    const all = MANY + names.length;
    await watch.until(() => count(others, "done") + told().length >= all, "all batches");
    await watch.end();
    expect(new Set(told().map(({ outcome }) => outcome))).toEqual(new Set(["done"]));
    expect(count(outcomesOf(ingested), "done")).toBe(names.length);
    expect(count(others, "done") + told().length).toBe(all);
    const landed = Object.fromEntries(names.map((name) => [`bronze/${name}`, GOOD]));
    await expectCleanly(lake, { ...FILES, ...landed });
  });

  it("runs over one bucket do next to nothing twice", async () => {
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const server = await startS3Server(credentials);
    const client = connect({ ...credentials, endpoint: server.endpoint });
    const bucket = await makeBucket(client);
    const storage = createS3Storage({ client, bucket, prefix: "" });
    const files: Files = Object.fromEntries(Object.entries(FILES).slice(0, IN_BUCKET));
    for (const [key, content] of Object.entries(files)) await put(storage, key, content);
    const cwd = folder();
    const env = environmentOf({ ...credentials, name: "", endpoint: server.endpoint });
    const args = ["run", "--lake", `s3://${bucket}`, "--json", "--concurrency", String(CONCURRENCY)];
    const ran = await Promise.all([cli(args, { cwd, env }), cli(args, { cwd, env })]);
    const done = count(ran.flatMap(outcomesOf), "done");
    console.log(`two runs over a bucket of ${IN_BUCKET} batches: ${done} done`);
    expect(done).toBeGreaterThanOrEqual(IN_BUCKET);
    expect(done).toBeLessThanOrEqual(IN_BUCKET + 2 * CONCURRENCY);
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    expect(await stateOf(storage)).toEqual(await cleanRun(files));
    expect(await ledgerProblems(storage)).toEqual([]);
    // A lease that a killed run has left keeps nobody from anything.
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: ".vantageflow/runs/0", Body: "" }));
    for (const key of Object.keys(files)) await put(storage, key, REFUSED);
    const again = await cli(args, { cwd, env });
    expect([again.code, count(outcomesOf(again), "refused")]).toEqual([1, IN_BUCKET]);
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: ".vantageflow/runs/" }),
    );
    expect(Contents.map(({ Key }) => Key)).toEqual([".vantageflow/runs/0"]);
    client.destroy();
    await server.close();
  });
});
