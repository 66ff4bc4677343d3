import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { run } from "../../src/engine/run.ts";
import { createRandom } from "../../src/generator/random.ts";
import { batchPathOf } from "../../src/ledger/layers.ts";
import { deliver } from "../../src/streams/deliver.ts";
import { inProcess } from "../cli/in-process.ts";
import { CLI, folder } from "../cli/run-cli.ts";
import { BETTER, cleanRun, contextOf, type Files, GOOD, REFUSED, type State, stateOf } from "../faults/lakes.ts";
import { keysOf, put } from "../pipeline/lake.ts";
import { rowsOfLayers, rowsOfTable } from "../tables/table.ts";
import { type Region, replicate, startRegion } from "./regions.ts";

/** Histories of two regions, each of another seed; one of them again by REGIONS_SEED. */
const HISTORIES = Number(process.env.REGIONS_HISTORIES ?? 1);
const SEED = Number(process.env.REGIONS_SEED ?? randomInt(2 ** 31 - 1000));
const HEADER = GOOD.slice(0, GOOD.indexOf("\n") + 1);

/** What the runbook has to type in `vantageflow` under a heading of docs/recovery.md. */
function runbook(heading: string): string[] {
  const [, section = ""] = readFileSync("docs/recovery.md", "utf8").split(`\n### ${heading}\n`);
  const [own] = section.split("\n### ");
  return [...own.matchAll(/^\$ npx vantageflow (.*)$/gm)].map(([, line]) => line.replaceAll('"', ""));
}
const FAIL_OVER = runbook("Fail over");
const FAIL_BACK = runbook("Fail back");

/** A stream of the first region, which has its records for a day: some of them are in bronze when the region is lost. */
const SHARD = { source: "readings-first", shard: "shardId-0" };
const RECORDS = ["1", "2", "3", "4", "5", "6"].map((sequence) => ({
  sequence,
  reading: { timestamp: `2025-01-04T00:00:0${sequence}Z`, device: "S", value: sequence, unit: "C", score: "0.1" },
}));

const cwd = folder();
const aws = ["AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;
const before = aws.map((name) => process.env[name]);
afterAll(() => {
  for (const [i, name] of aws.entries()) {
    if (before[i] === undefined) delete process.env[name];
    else process.env[name] = before[i];
  }
});

/** A command of the runbook, as somebody who works in that region types it. */
async function typed(region: Region, line: string) {
  Object.assign(process.env, region.environment);
  const ran = await inProcess([...line.split(" "), "--json"], { cwd });
  return { ...ran, document: ran.stdout === "" ? null : JSON.parse(ran.stdout) };
}

/** The built binary, killed at a change of the bucket; what it has on its way takes effect, as on S3. */
function killed(region: Region, args: readonly string[], at: number): Promise<boolean> {
  const { server, environment } = region;
  return new Promise((done, fail) => {
    const env = { ...process.env, ...environment, VANTAGEFLOW_CONCURRENCY: "3" };
    const child = spawn(process.execPath, [CLI, ...args], { cwd, env, stdio: "ignore" });
    let changes = 0;
    server.interfere = (method) => {
      if (method === "GET" || method === "HEAD" || changes++ !== at) return "none";
      child.kill("SIGKILL");
      return "break after";
    };
    child.on("error", fail);
    child.on("close", (_code, signal) => {
      server.interfere = () => "none";
      done(signal === "SIGKILL");
    });
  });
}

const underBronze = (files: Files): Files => under(files, (key) => key.startsWith("bronze/"));
function under(files: Files, keep: (key: string) => boolean): Files {
  return Object.fromEntries(Object.entries(files).filter(([key]) => keep(key)));
}

/** Everything but what was made of batches whose bronze is not there. */
function ofBronze({ files }: State): Files {
  const paths = new Set(Object.keys(underBronze(files)).map((key) => batchPathOf(key)));
  return under(files, (key) => paths.has(batchPathOf(key)));
}

/** Of each key of bronze the upload that is newer in these regions. */
function newest(...regions: readonly Region[]): Files {
  const found: Record<string, { time: number; text: string }> = {};
  for (const { bucket } of regions) {
    for (const key of bucket.keys("bronze/")) {
      const version = bucket.current(key);
      const time = version?.modified.getTime() ?? 0;
      if (version !== undefined && time > (found[key]?.time ?? -1)) found[key] = { time, text: `${version.body}` };
    }
  }
  return Object.fromEntries(Object.entries(found).map(([key, { text }]) => [key, text]));
}

/**
 * Refusals of which neither a dead letter nor a receipt tells. A receipt that has arrived without its letter says it alone; letters of versions that are
 * there no more stay, for no deletion is replicated.
 */
async function unsaid({ storage, bucket }: Region, clean: State): Promise<string[]> {
  const { deadLetters } = await stateOf(storage);
  const refused = (await keysOf(storage, "receipts/vantageflow-process-iot/")).flatMap((key) => {
    const receipt = JSON.parse(`${bucket.current(key)?.body}`);
    return receipt.outcome === "refused" ? [`${receipt.source.key} ${receipt.error.code}`] : [];
  });
  return clean.deadLetters.filter((one) => !deadLetters.includes(one) && !refused.includes(one));
}

async function history(seed: number) {
  const random = createRandom(seed);
  const draw = () => random() / 2 ** 32;
  const pick = (below: number) => Math.floor(draw() * below);
  // Every write has a second of its own, in both regions: listings tell no less.
  let time = Date.now() - 6 * 3600_000;
  const now = () => {
    time += 1000;
    return new Date(time);
  };
  const [first, second] = [await startRegion("first", now), await startRegion("second", now)];

  let batches = 0;
  const content = () => {
    batches++;
    const kind = pick(8);
    if (kind < 3) return [GOOD, BETTER, REFUSED][kind];
    const rows = Array.from(
      { length: 1 + pick(9) },
      (_, i) => `2025-01-0${1 + pick(3)}T00:00:0${i}Z,D${pick(4)},${batches}.${i},C,${draw().toFixed(2)}\n`,
    );
    return HEADER + rows.join("");
  };
  const upload = (region: Region, name: string) => put(region.storage, `bronze/${name}.csv`, content());
  const uploads = async (region: Region, prefix: string, count: number) => {
    for (let i = 0; i < count; i++) await upload(region, `${prefix}${i}`);
  };

  // The first region works, and is lost in the middle of it.
  await uploads(first, "old", 3 + pick(4));
  await run({ ...contextOf(first.storage), now: Date.now }, { concurrency: 2 });
  await typed(first, `tables sync --lake ${first.lake}`);
  // What was made of it goes, and no removal is replicated.
  await put(first.storage, "bronze/old2.csv", REFUSED);
  await run({ ...contextOf(first.storage), now: Date.now }, { concurrency: 2 });
  await typed(first, `ledger seal --lake ${first.lake}`);
  await deliver(first.storage, SHARD, RECORDS.slice(0, 3));
  await uploads(first, "new", 2 + pick(4));
  const kept = (await typed(first, `ledger seal --lake ${first.lake}`)).document.seal.digest;
  await deliver(first.storage, SHARD, RECORDS.slice(2, 5));
  await upload(first, "old0");
  if (draw() < 0.3) await first.storage.remove("bronze/old1.csv");
  const wasKilled = await killed(first, ["run", first.lake], pick(40));
  if (draw() < 0.5) await killed(first, ["tables", "sync", "--lake", first.lake], pick(12));
  const lost = replicate(first.bucket, second.bucket, { draw, tail: 20 + pick(80), newEtags: draw() < 0.25 });
  const replicated = new Map(
    second.bucket.keys("").map((key) => [key, second.bucket.current(key)?.body.toString("latin1")]),
  );

  // The second takes over from what has arrived.
  const problems: string[] = [];
  const same = (what: string, a: Files | readonly string[], b: Files | readonly string[]) => {
    const lines = (one: typeof a) =>
      Object.entries(one).map(([key, text]) => JSON.stringify([Array.isArray(one) ? "" : key, text]));
    const [left, right] = [new Set(lines(a)), new Set(lines(b))];
    const [only, other] = [[...left].filter((line) => !right.has(line)), [...right].filter((line) => !left.has(line))];
    if (only.length + other.length > 0 || Object.keys(a).length !== Object.keys(b).length)
      problems.push(`${what}: has ${only}; has not ${other}`);
  };
  const arrived = underBronze((await stateOf(second.storage)).files);
  const follow = async (lines: readonly string[]) => {
    const done: Awaited<ReturnType<typeof typed>>[] = [];
    for (const line of lines) {
      done.push(await typed(second, line.replaceAll("$FIRST", first.lake).replaceAll("$SECOND", second.lake)));
    }
    return done;
  };
  const [seen, , , rewound] = await follow(FAIL_OVER);
  const told = new Set<string>(seen.document.findings.map(({ key }: { key: string }) => batchPathOf(key)));
  for (const key of await keysOf(second.storage, "receipts/vantageflow-process-iot/")) {
    const path = key.split("/").slice(2, -1).join("/");
    if (!(`bronze/${path}` in arrived) && !told.has(path)) {
      const receipt = JSON.parse(second.bucket.current(key)?.body.toString() ?? "{}");
      if (receipt.outcome === "done") problems.push(`verify says nothing of ${path}, whose bronze is lost`);
    }
  }
  if (rewound.code !== 0) await typed(second, `tables sync --rebuild --yes --lake ${second.lake}`);
  // Of what has no bronze, silver may be of one upload and anomalies of another: such a batch waits.
  const ofArrived = (rows: readonly string[]) => rows.filter((row) => `bronze/${JSON.parse(row).batch}` in arrived);
  const [table, layers] = [await rowsOfTable(second.storage), await rowsOfLayers(second.storage)];
  same("the table of the second", ofArrived(table), ofArrived(layers));
  const clean = await cleanRun(arrived);
  const over = await stateOf(second.storage);
  same("the second after it took over", ofBronze(over), clean.files);
  problems.push(...(await unsaid(second, clean)));
  for (const [key, body] of replicated) {
    const isMade = /^(bronze|silver|anomalies|gold)\//.test(key);
    const isLeft = isMade && !(`bronze/${batchPathOf(key)}` in arrived);
    if (isLeft && body !== undefined && !(key in over.files)) problems.push(`${key} was replicated, and is gone`);
  }
  const again = await typed(second, `verify ${second.lake}`);
  for (const { key } of again.document.findings) {
    if (`bronze/${batchPathOf(key)}` in arrived) problems.push(`the second is not intact: ${key}`);
  }

  // It is sealed again: over what has not arrived, or, where of the seals not all has, by a chain of its own.
  if ((await typed(second, `ledger seal --accept --lake ${second.lake}`)).code !== 0) {
    for (const key of await keysOf(second.storage, "seals/")) await second.storage.remove(key);
    await typed(second, `ledger seal --lake ${second.lake}`);
  }
  const isSealed = await typed(second, `ledger verify --lake ${second.lake}`);
  if (isSealed.code !== 0) problems.push(`the second is not sealed: ${isSealed.stdout}${isSealed.stderr}`);

  // New batches come into it.
  await uploads(second, "later", 1 + pick(3));
  if (draw() < 0.5) await upload(second, "new0");
  await typed(second, `run ${second.lake}`);

  // The first comes back: its own seals say what it had. What only it has comes over, and what is in its stream; then it becomes what the second is.
  const { document: own } = await typed(first, `ledger verify --digest ${kept} --lake ${first.lake}`);
  if (own.problems.length > 0) problems.push(`the seals of the first: ${own.problems}`);
  const expected = { ...newest(first, second) };
  for (const [one, other] of [
    [first, second],
    [second, first],
  ])
    one.server.buckets.set(other.bucketName, other.bucket);
  const missing = Object.keys(expected).filter((key) => second.bucket.current(key) === undefined);
  const [different] = await follow(FAIL_BACK.slice(0, 2));
  const { batches: streamed } = await deliver(second.storage, SHARD, RECORDS);
  for (const key of streamed) expected[key] = `${second.bucket.current(key)?.body}`;
  await follow(FAIL_BACK.slice(2, 5));
  const came = Object.entries(expected).flatMap(([key, text]) =>
    key.startsWith("bronze/stream/") ? [...text.matchAll(/,(\d+)\n/g)].map(([, sequence]) => sequence) : [],
  );
  const all = RECORDS.map(({ sequence }) => sequence);
  same("records of the stream, each once", came.toSorted(), all.toSorted());
  same("diff says what was lost", different.document.only_in_a, missing);
  const undisturbed = await cleanRun(expected);
  same("the second with all that ever landed", (await stateOf(second.storage)).files, undisturbed.files);
  const [backup, , , end] = await follow(FAIL_BACK.slice(5));
  // It exits 1 where all of a layer is only in the first, as dead letters may be, and keeps that.
  if (backup.document.failed.length > 0) problems.push(`backup: ${backup.stderr}`);
  const back = await stateOf(first.storage);
  same("the first when it is back", back.files, undisturbed.files);
  problems.push(...(await unsaid(first, undisturbed)));
  same("the table of the first", await rowsOfTable(first.storage), await rowsOfLayers(first.storage));
  // Under other ETags `run` has renewed receipts, which no later run explains.
  await typed(first, `ledger seal --accept --lake ${first.lake}`);
  const sealed = await typed(first, `ledger verify --lake ${first.lake}`);
  if (sealed.code !== 0) problems.push(`the ledger of the first: ${sealed.stdout}${sealed.stderr}`);
  if (end.code !== 0) problems.push(`the first is not intact: ${end.stdout}${end.stderr}`);
  for (const { close } of [first, second]) await close();
  return { problems, lost, wasKilled };
}

it(
  `what is lost with a region is told and no more than its tail; the other goes on, and all is in gold once when the first is back: ${HISTORIES} histories from seed ${SEED}`,
  async () => {
    expect([FAIL_OVER.length, FAIL_BACK.length]).toEqual([4, 9]);
    const failed: string[] = [];
    let [lost, kills] = [0, 0];
    for (let i = 0; i < HISTORIES; i++) {
      const ended = await history(SEED + i);
      lost += ended.lost;
      kills += ended.wasKilled ? 1 : 0;
      failed.push(...ended.problems.map((problem) => `REGIONS_SEED=${SEED + i} REGIONS_HISTORIES=1: ${problem}`));
    }
    console.log(
      `two regions: ${HISTORIES} histories from seed ${SEED}, ${kills} killed in their work, ${lost} objects lost with the first`,
    );
    expect(failed).toEqual([]);
    expect(lost).toBeGreaterThan(0);
  },
  60_000 + 60_000 * HISTORIES,
);
